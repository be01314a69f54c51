; Cortex Desktop's installer for Windows. windows_package.py runs it:
;   makensis -DVERSION=… -DSOURCE=folder -DFILES=files.nsh -DOUTPUT=setup.exe -DSIZE_KB=… -DTARGET=amd64-unicode installer.nsi
;
; setup.exe [/S] [/ALLUSERS] [/D=folder]     /S: without a word; /ALLUSERS: for everybody, as an administrator;
;                                            /D must come last and takes no quotes
; uninstall.exe [/S] [/REMOVEDATA]           /REMOVEDATA: also the person's apps and keys; otherwise they stay
;
; Exit status: 0 done, 1 cancelled, 2 the program, or a sandbox in a terminal, is running and did not close,
; 3 a newer version is installed, 4 not an administrator, 5 the data could not be removed, 6 not enough room.

Unicode true
!ifdef TARGET
  Target ${TARGET} ; a 64-bit installer needs no 32-bit Windows parts; NSIS for Windows itself makes 32-bit ones
!endif
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "MUI2.nsh"
!include "nsDialogs.nsh"
!include "WordFunc.nsh"
!include "x64.nsh"

!define NAME "Cortex Desktop"
!define PROGRAM "${NAME}.exe"
!define CONSOLE "cortex-desktop.exe"
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\CortexDesktop"

Name "${NAME}"
OutFile "${OUTPUT}"
RequestExecutionLevel user
ManifestDPIAware true
ManifestSupportedOS Win10
BrandingText "${NAME} ${VERSION}"
!ifdef QUICK
  SetCompress off ; for trying out: an older version in a second
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${NAME} setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "CompanyName" "${PUBLISHER}"
VIAddVersionKey "LegalCopyright" "${COPYRIGHT}"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_FUNCTION StartProgram
!define MUI_FINISHPAGE_RUN_TEXT "Open ${NAME}"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
Page custom ScopePage ScopeChosen
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
UninstPage custom un.DataPage un.DataChosen
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var AllUsers ; 1 for everybody
Var RemoveData ; 1 when the person's data goes too
Var Choice

; --- what installer and uninstaller share

!macro Refuse status text
  IfSilent +2
    MessageBox MB_OK|MB_ICONSTOP "${text}"
  SetErrorLevel ${status}
  Quit
!macroend

; Ask a running copy to close; leaves 0 on the stack when the program can be replaced.
!macro LookAt file
  ${If} ${FileExists} "$INSTDIR\${file}"
    ClearErrors
    FileOpen $1 "$INSTDIR\${file}" a
    ${If} ${Errors}
      StrCpy $0 1
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
!macroend
!macro MakeCloseFunctions un
Function ${un}IsInUse
  StrCpy $0 0
  !insertmacro LookAt "${PROGRAM}"
  !insertmacro LookAt "${CONSOLE}" ; a sandbox in a terminal, which has no --quit
  Push $0
FunctionEnd

Function ${un}CloseProgram
  again:
  ${If} ${FileExists} "$INSTDIR\${CONSOLE}"
    nsExec::Exec '"$INSTDIR\${CONSOLE}" --quit'
    Pop $0
  ${Else}
    StrCpy $0 0
  ${EndIf}
  ${If} $0 == 0
    ; It has let go of its data, and now ends: its file is free a moment later.
    ${For} $2 1 40
      Call ${un}IsInUse
      Pop $0
      ${If} $0 == 0
        ${ExitFor}
      ${EndIf}
      Sleep 500
    ${Next}
  ${EndIf}
  ${If} $0 != 0
    ; Its own --quit reaches the copy of this user. What is left belongs to someone else, or waits for an answer.
    IfSilent +2
      MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${NAME} is running and did not close. Close it, in the sessions of other users too, and a sandbox that runs in a terminal, and try again." IDRETRY again
    SetErrorLevel 2
    Quit
  ${EndIf}
FunctionEnd
!macroend
!insertmacro MakeCloseFunctions ""
!insertmacro MakeCloseFunctions "un."

!macro MakeScopeFunctions un
Function ${un}TakeScope
  ${If} $AllUsers == 1
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
FunctionEnd

Function ${un}IsAdministrator
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 == "Admin"
    Push 1
  ${Else}
    Push 0
  ${EndIf}
FunctionEnd
!macroend
!insertmacro MakeScopeFunctions ""
!insertmacro MakeScopeFunctions "un."

; --- installing

Function .onInit
  SetRegView 64
  ${IfNot} ${RunningX64}
    !insertmacro Refuse 1 "${NAME} needs a 64-bit Windows."
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/ALLUSERS" $1
  ${If} ${Errors}
    StrCpy $AllUsers 0
  ${Else}
    StrCpy $AllUsers 1
    Call IsAdministrator
    Pop $1
    ${If} $1 == 0
      !insertmacro Refuse 4 "Installing for all users needs an administrator. Run setup as administrator, or install for yourself."
    ${EndIf}
  ${EndIf}
  Call TakeScope
  Call ChooseFolder
FunctionEnd

Function ChooseFolder
  ; Where it is already; where /D says; where such programs go.
  ${If} $INSTDIR == ""
    ReadRegStr $INSTDIR SHCTX "${KEY}" "InstallLocation"
  ${EndIf}
  ${If} $INSTDIR == ""
    ${If} $AllUsers == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\${NAME}"
    ${Else}
      StrCpy $INSTDIR "$LOCALAPPDATA\Programs\${NAME}"
    ${EndIf}
  ${EndIf}
FunctionEnd

Function ScopePage
  ${If} $AllUsers == 1
    Abort ; started again as administrator: chosen already
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "For whom?" "Each person's apps and keys stay their own either way."
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateRadioButton} 0 10u 100% 12u "Only for me (recommended)"
  Pop $Choice
  ${NSD_Check} $Choice
  ${NSD_CreateRadioButton} 0 28u 100% 12u "For everybody on this computer (asks for an administrator)"
  Pop $0
  nsDialogs::Show
FunctionEnd

Function ScopeChosen
  ${NSD_GetState} $Choice $0
  ${If} $0 != ${BST_CHECKED}
    ClearErrors
    ExecShell "runas" "$EXEPATH" "/ALLUSERS"
    ${If} ${Errors}
      MessageBox MB_OK|MB_ICONEXCLAMATION "Windows did not allow it. You can install ${NAME} for yourself."
      Abort
    ${EndIf}
    Quit
  ${EndIf}
FunctionEnd

Function StartProgram
  Exec '"$INSTDIR\${PROGRAM}"'
FunctionEnd

Section "install"
  ReadRegStr $R0 SHCTX "${KEY}" "DisplayVersion"
  ReadRegStr $R1 SHCTX "${KEY}" "InstallLocation"
  ${If} $R0 != ""
    ${VersionCompare} "$R0" "${VERSION}" $0
    ${If} $0 == 1
      !insertmacro Refuse 3 "The newer version $R0 is installed already. To go back to ${VERSION}, uninstall it first; your apps and keys stay."
    ${EndIf}
  ${EndIf}
  ${GetRoot} "$INSTDIR" $0
  ${DriveSpace} "$0\" "/D=F /S=K" $1
  ${If} $1 != ""
  ${AndIf} $1 < ${SIZE_KB}
    !insertmacro Refuse 6 "There is not enough room on $0: ${SIZE_KB} KB are needed. Nothing was changed."
  ${EndIf}
  Call CloseProgram
  ${If} $R1 != ""
  ${AndIf} ${FileExists} "$R1\uninstall.exe"
    ; In place of the old one: a file that this version lacks must not stay behind.
    CopyFiles /SILENT "$R1\uninstall.exe" "$PLUGINSDIR\old.exe"
    ExecWait '"$PLUGINSDIR\old.exe" /S _?=$R1' $0
    Delete "$R1\uninstall.exe"
    RMDir "$R1"
    ${If} $0 == 2
      !insertmacro Refuse 2 "${NAME} is running and did not close."
    ${EndIf}
  ${EndIf}
  ClearErrors
  !include "${FILES}.install.nsh"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  ${If} ${Errors}
    !insertmacro Refuse 6 "The program could not be written to $INSTDIR. Your apps and keys are not affected; make room, and run setup again."
  ${EndIf}
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${PROGRAM}"
  WriteRegStr SHCTX "${KEY}" "DisplayName" "${NAME}"
  WriteRegStr SHCTX "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${KEY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr SHCTX "${KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr SHCTX "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${KEY}" "EstimatedSize" ${SIZE_KB}
  WriteRegDWORD SHCTX "${KEY}" "NoModify" 1
  WriteRegDWORD SHCTX "${KEY}" "NoRepair" 1
  !ifdef HOMEPAGE
    WriteRegStr SHCTX "${KEY}" "URLInfoAbout" "${HOMEPAGE}"
  !endif
SectionEnd

; --- uninstalling

Function un.onInit
  SetRegView 64
  ReadRegStr $0 HKLM "${KEY}" "InstallLocation"
  StrCpy $AllUsers 0
  ${If} $0 == $INSTDIR
    StrCpy $AllUsers 1
    Call un.IsAdministrator
    Pop $1
    ${If} $1 == 0
      IfSilent +3
        ExecShell "runas" "$INSTDIR\uninstall.exe"
        Quit
      SetErrorLevel 4
      Quit
    ${EndIf}
  ${EndIf}
  Call un.TakeScope
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/REMOVEDATA" $1
  ${If} ${Errors}
    StrCpy $RemoveData 0
  ${Else}
    StrCpy $RemoveData 1
  ${EndIf}
FunctionEnd

Function un.DataPage
  !insertmacro MUI_HEADER_TEXT "Uninstall ${NAME}" "Your apps and keys stay on this computer unless you say otherwise."
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateCheckBox} 0 10u 100% 12u "Also remove my apps, and their keys from the Credential Manager"
  Pop $Choice
  ${NSD_CreateLabel} 0 28u 100% 24u "This cannot be undone. Nothing changes in Cortex, which still accepts keys that it made."
  Pop $0
  nsDialogs::Show
FunctionEnd

Function un.DataChosen
  ${NSD_GetState} $Choice $0
  ${If} $0 == ${BST_CHECKED}
    StrCpy $RemoveData 1
  ${EndIf}
FunctionEnd

Section "un.install"
  Call un.CloseProgram
  ${If} $RemoveData == 1
    nsExec::Exec '"$INSTDIR\${CONSOLE}" --remove-all-data --yes'
    Pop $0
    ${If} $0 != 0
      !insertmacro Refuse 5 "Your data could not be removed, so ${NAME} stays installed. Open it, choose File > Remove all data, and then uninstall it."
    ${EndIf}
  ${EndIf}
  !include "${FILES}.uninstall.nsh"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" ; only when nothing of somebody else's is in it
  Delete "$SMPROGRAMS\${NAME}.lnk"
  DeleteRegKey SHCTX "${KEY}"
SectionEnd
