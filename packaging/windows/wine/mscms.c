/* A stand-in for mscms.dll, for the Wine bench alone: Wine 8 does not implement WcsCreateIccProfile, and Qt then has
 * no screen. "There is no colour profile" is an answer that Qt copes with. */

#define EXPORT __declspec(dllexport)

EXPORT void *OpenColorProfileW(void *profile, unsigned access, unsigned share, unsigned create) { return 0; }
EXPORT int CloseColorProfile(void *profile) { return 1; }
EXPORT int GetColorProfileFromHandle(void *profile, void *buffer, unsigned *size) { return 0; }
EXPORT void *WcsCreateIccProfile(void *profile, unsigned options) { return 0; }
