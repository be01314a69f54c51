/* A stand-in for Windows 10's icuuc.dll, which Wine 8 lacks, for the Wine bench alone. Qt's core library wants these
 * names to be there; it calls them for legacy text codecs only, and takes a failure as "no such codec". */

#define FAILURE 2 /* U_FILE_ACCESS_ERROR: any positive UErrorCode is a failure */
#define EXPORT __declspec(dllexport)

static void *fail(int position, void *a, void *b, void *c, void *d, void *e, void *f, void *g, void *h)
{
    void *arguments[] = { a, b, c, d, e, f, g, h };
    if (position)
        *(int *)arguments[position - 1] = FAILURE;
    return 0;
}

#define FAILING(name, position_of_error) \
    EXPORT void *name(void *a, void *b, void *c, void *d, void *e, void *f, void *g, void *h) \
    { \
        return fail(position_of_error, a, b, c, d, e, f, g, h); \
    }

FAILING(ucnv_open, 2)
FAILING(ucnv_close, 0)
FAILING(UCNV_FROM_U_CALLBACK_SUBSTITUTE, 0)
FAILING(UCNV_TO_U_CALLBACK_SUBSTITUTE, 0)
FAILING(ucnv_cbFromUWriteUChars, 5)
FAILING(ucnv_cbToUWriteUChars, 5)
FAILING(ucnv_countAvailable, 0)
FAILING(ucnv_fromUCountPending, 2)
FAILING(ucnv_fromUnicode, 8)
FAILING(ucnv_getAvailableName, 0)
FAILING(ucnv_getFromUCallBack, 0)
FAILING(ucnv_getMaxCharSize, 0)
FAILING(ucnv_getName, 2)
FAILING(ucnv_getStandardName, 3)
FAILING(ucnv_getToUCallBack, 0)
FAILING(ucnv_reset, 0)
FAILING(ucnv_setFromUCallBack, 6)
FAILING(ucnv_setToUCallBack, 6)
FAILING(ucnv_toUCountPending, 2)
FAILING(ucnv_toUnicode, 8)
