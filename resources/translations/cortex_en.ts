<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>ActivityModel</name>
    <message numerus="yes">
        <source>%Ln time(s)</source>
        <translation>
            <numerusform>%Ln time</numerusform>
            <numerusform>%Ln times</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ActivityPage</name>
    <message numerus="yes">
        <source>%n more place(s).</source>
        <translation>
            <numerusform>%n more place.</numerusform>
            <numerusform>%n more places.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln entry(s)</source>
        <translation>
            <numerusform>%Ln entry</numerusform>
            <numerusform>%Ln entries</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ActivityPresenter</name>
    <message numerus="yes">
        <source>%Ln entry(s) in {file}.</source>
        <translation>
            <numerusform>%Ln entry in {file}.</numerusform>
            <numerusform>%Ln entries in {file}.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Ages</name>
    <message numerus="yes">
        <source>Under %Ln day(s)</source>
        <translation>
            <numerusform>Under %Ln day</numerusform>
            <numerusform>Under %Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{low} to %Ln day(s)</source>
        <translation>
            <numerusform>{low} to %Ln day</numerusform>
            <numerusform>{low} to %Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln key(s)</source>
        <translation>
            <numerusform>%Ln key</numerusform>
            <numerusform>%Ln keys</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AnswerModel</name>
    <message numerus="yes">
        <source>%Ln properties</source>
        <translation>
            <numerusform>%Ln property</numerusform>
            <numerusform>%Ln properties</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s)</source>
        <translation>
            <numerusform>%Ln item</numerusform>
            <numerusform>%Ln items</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AppForms</name>
    <message numerus="yes">
        <source>Its API secret stays in the keychain for %n day(s), in case you switch Sessions off again.</source>
        <translation>
            <numerusform>Its API secret stays in the keychain for %n day, in case you switch Sessions off again.</numerusform>
            <numerusform>Its API secret stays in the keychain for %n days, in case you switch Sessions off again.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AppsDelegate</name>
    <message numerus="yes">
        <source>Hides again in %n s</source>
        <translation>
            <numerusform>Hides again in %n s</numerusform>
            <numerusform>Hides again in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AppsEntry</name>
    <message numerus="yes">
        <source>Enable %Ln app(s)</source>
        <translation>
            <numerusform>Enable %Ln app</numerusform>
            <numerusform>Enable %Ln apps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Rotate %Ln API key(s)…</source>
        <translation>
            <numerusform>Rotate %Ln API key…</numerusform>
            <numerusform>Rotate %Ln API keys…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln app(s)…</source>
        <translation>
            <numerusform>Delete %Ln app…</numerusform>
            <numerusform>Delete %Ln apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Disable %Ln app(s)</source>
        <translation>
            <numerusform>Disable %Ln app</numerusform>
            <numerusform>Disable %Ln apps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AppsModel</name>
    <message numerus="yes">
        <source>The key is %Ln day(s) old</source>
        <translation>
            <numerusform>The key is %Ln day old</numerusform>
            <numerusform>The key is %Ln days old</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Badge</name>
    <message numerus="yes">
        <source>%n app(s) need attention</source>
        <translation>
            <numerusform>%n app needs attention</numerusform>
            <numerusform>%n apps need attention</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Banners</name>
    <message numerus="yes">
        <source>It was restored with %n app(s) as of {time}.</source>
        <translation>
            <numerusform>It was restored with %n app as of {time}.</numerusform>
            <numerusform>It was restored with %n apps as of {time}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n entry(s) cannot be read and were left in the file as they are.</source>
        <translation>
            <numerusform>%n entry cannot be read and was left in the file as it is.</numerusform>
            <numerusform>%n entries cannot be read and were left in the file as they are.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>BulkBar</name>
    <message numerus="yes">
        <source>%Ln app(s) left as they were.</source>
        <translation>
            <numerusform>%Ln app left as it was.</numerusform>
            <numerusform>%Ln apps left as they were.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) could not be changed.</source>
        <translation>
            <numerusform>%Ln could not be changed.</numerusform>
            <numerusform>%Ln could not be changed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Enabling %Ln app(s)…</source>
        <translation>
            <numerusform>Enabling %Ln app…</numerusform>
            <numerusform>Enabling %Ln apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Disabling %Ln app(s)…</source>
        <translation>
            <numerusform>Disabling %Ln app…</numerusform>
            <numerusform>Disabling %Ln apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Deleting %Ln app(s)…</source>
        <translation>
            <numerusform>Deleting %Ln app…</numerusform>
            <numerusform>Deleting %Ln apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Restoring %Ln app(s)…</source>
        <translation>
            <numerusform>Restoring %Ln app…</numerusform>
            <numerusform>Restoring %Ln apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Rotating %Ln API key(s)…</source>
        <translation>
            <numerusform>Rotating %Ln API key…</numerusform>
            <numerusform>Rotating %Ln API keys…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Rolling back %Ln API key(s)…</source>
        <translation>
            <numerusform>Rolling back %Ln API key…</numerusform>
            <numerusform>Rolling back %Ln API keys…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) enabled</source>
        <translation>
            <numerusform>%Ln app enabled</numerusform>
            <numerusform>%Ln apps enabled</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) deleted</source>
        <translation>
            <numerusform>%Ln app deleted</numerusform>
            <numerusform>%Ln apps deleted</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) restored</source>
        <translation>
            <numerusform>%Ln app restored</numerusform>
            <numerusform>%Ln apps restored</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln API key(s) rotated</source>
        <translation>
            <numerusform>%Ln API key rotated</numerusform>
            <numerusform>%Ln API keys rotated</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln API key(s) rolled back</source>
        <translation>
            <numerusform>%Ln API key rolled back</numerusform>
            <numerusform>%Ln API keys rolled back</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) enabled already.</source>
        <translation>
            <numerusform>%Ln was enabled already.</numerusform>
            <numerusform>%Ln were enabled already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) disabled here</source>
        <translation>
            <numerusform>%Ln app disabled here</numerusform>
            <numerusform>%Ln apps disabled here</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) disabled already.</source>
        <translation>
            <numerusform>%Ln was disabled already.</numerusform>
            <numerusform>%Ln were disabled already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) deleted already.</source>
        <translation>
            <numerusform>%Ln was deleted already.</numerusform>
            <numerusform>%Ln were deleted already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) restored already.</source>
        <translation>
            <numerusform>%Ln was restored already.</numerusform>
            <numerusform>%Ln were restored already.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln API key(s) rotated meanwhile.</source>
        <translation>
            <numerusform>%Ln was rotated meanwhile.</numerusform>
            <numerusform>%Ln were rotated meanwhile.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>BulkPresenter</name>
    <message numerus="yes">
        <source>Rotate %Ln API key(s)</source>
        <translation>
            <numerusform>Rotate %Ln API key</numerusform>
            <numerusform>Rotate %Ln API keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln app(s)?</source>
        <translation>
            <numerusform>Delete %Ln app?</numerusform>
            <numerusform>Delete %Ln apps?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Calendar</name>
    <message numerus="yes">
        <source>%Ln app(s)</source>
        <translation>
            <numerusform>%Ln app</numerusform>
            <numerusform>%Ln apps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) expire(s)</source>
        <translation>
            <numerusform>%Ln app expires</numerusform>
            <numerusform>%Ln apps expire</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) to review</source>
        <translation>
            <numerusform>%Ln app to review</numerusform>
            <numerusform>%Ln apps to review</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CheckCard</name>
    <message numerus="yes">
        <source>%Ln API key(s)</source>
        <translation>
            <numerusform>%Ln API key</numerusform>
            <numerusform>%Ln API keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln API secret(s)</source>
        <translation>
            <numerusform>%Ln API secret</numerusform>
            <numerusform>%Ln API secrets</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln earlier key(s)</source>
        <translation>
            <numerusform>%Ln earlier key</numerusform>
            <numerusform>%Ln earlier keys</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source> and %Ln more</source>
        <translation>
            <numerusform> and %Ln more</numerusform>
            <numerusform> and %Ln more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) do not match {keychain}</source>
        <translation>
            <numerusform>%Ln app does not match {keychain}</numerusform>
            <numerusform>%Ln apps do not match {keychain}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln without key</source>
        <translation>
            <numerusform>%Ln without key</numerusform>
            <numerusform>%Ln without key</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Concerns</name>
    <message numerus="yes">
        <source>in %Ln day(s)</source>
        <translation>
            <numerusform>in %Ln day</numerusform>
            <numerusform>in %Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln day(s) ago</source>
        <translation>
            <numerusform>%Ln day ago</numerusform>
            <numerusform>%Ln days ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Copies</name>
    <message numerus="yes">
        <source>%Ln key(s) copied</source>
        <translation>
            <numerusform>%Ln key copied</numerusform>
            <numerusform>%Ln keys copied</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>CortexCheck</name>
    <message numerus="yes">
        <source>%Ln key(s) checked with Cortex</source>
        <translation>
            <numerusform>%Ln key checked with Cortex</numerusform>
            <numerusform>%Ln keys checked with Cortex</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them work(s) there now. Each app’s details say more.</source>
        <translation>
            <numerusform>%Ln of them works there now. Each app’s details say more.</numerusform>
            <numerusform>%Ln of them work there now. Each app’s details say more.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln key(s) missing from the keychain.</source>
        <translation>
            <numerusform>%Ln key missing from the keychain.</numerusform>
            <numerusform>%Ln keys missing from the keychain.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DayBars</name>
    <message numerus="yes">
        <source>Nothing in %Ln day(s)</source>
        <translation>
            <numerusform>Nothing in %Ln day</numerusform>
            <numerusform>Nothing in %Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln entry(s)</source>
        <translation>
            <numerusform>%Ln entry</numerusform>
            <numerusform>%Ln entries</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DeletedDialog</name>
    <message numerus="yes">
        <source>%Ln day(s) left</source>
        <translation>
            <numerusform>%Ln day left</numerusform>
            <numerusform>%Ln days left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Restore %Ln app(s)</source>
        <translation>
            <numerusform>Restore %Ln app</numerusform>
            <numerusform>Restore %Ln apps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DialogHost</name>
    <message numerus="yes">
        <source>%Ln app(s)</source>
        <translation>
            <numerusform>%Ln app</numerusform>
            <numerusform>%Ln apps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DoctorDialog</name>
    <message numerus="yes">
        <source>Checked {done} of %n app(s)…</source>
        <translation>
            <numerusform>Checked {done} of %n app…</numerusform>
            <numerusform>Checked {done} of %n apps…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n app(s) checked.</source>
        <translation>
            <numerusform>%n app checked.</numerusform>
            <numerusform>%n apps checked.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thing(s) do not match. Check what to repair.</source>
        <translation>
            <numerusform>%n thing does not match. Check what to repair.</numerusform>
            <numerusform>%n things do not match. Check what to repair.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>EditAppDialog</name>
    <message numerus="yes">
        <source>The API secret is not needed any more. It stays in the keychain for %n day(s), in case you switch back, and is then removed. The API key stays the same.</source>
        <translation>
            <numerusform>The API secret is not needed any more. It stays in the keychain for %n day, in case you switch back, and is then removed. The API key stays the same.</numerusform>
            <numerusform>The API secret is not needed any more. It stays in the keychain for %n days, in case you switch back, and is then removed. The API key stays the same.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Figures</name>
    <message numerus="yes">
        <source>app(s)</source>
        <translation>
            <numerusform>app</numerusform>
            <numerusform>apps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>need(s) attention</source>
        <translation>
            <numerusform>needs attention</numerusform>
            <numerusform>need attention</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>expire(s) by {date}</source>
        <translation>
            <numerusform>expires by {date}</numerusform>
            <numerusform>expire by {date}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln enabled</source>
        <translation>
            <numerusform>%Ln enabled</numerusform>
            <numerusform>%Ln enabled</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln disabled</source>
        <translation>
            <numerusform>%Ln disabled</numerusform>
            <numerusform>%Ln disabled</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln not finished</source>
        <translation>
            <numerusform>%Ln not finished</numerusform>
            <numerusform>%Ln not finished</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln without key</source>
        <translation>
            <numerusform>%Ln without key</numerusform>
            <numerusform>%Ln without key</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln expired</source>
        <translation>
            <numerusform>%Ln expired</numerusform>
            <numerusform>%Ln expired</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln soon</source>
        <translation>
            <numerusform>%Ln soon</numerusform>
            <numerusform>%Ln soon</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln to review</source>
        <translation>
            <numerusform>%Ln to review</numerusform>
            <numerusform>%Ln to review</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{label}, %Ln day(s)</source>
        <translation>
            <numerusform>{label}, %Ln day</numerusform>
            <numerusform>{label}, %Ln days</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FilterWords</name>
    <message numerus="yes">
        <source>more than %n day(s) ago</source>
        <translation>
            <numerusform>more than %n day ago</numerusform>
            <numerusform>more than %n days ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in the last %n day(s)</source>
        <translation>
            <numerusform>in the last %n day</numerusform>
            <numerusform>in the last %n days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in less than %n day(s)</source>
        <translation>
            <numerusform>in less than %n day</numerusform>
            <numerusform>in less than %n days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in more than %n day(s)</source>
        <translation>
            <numerusform>in more than %n day</numerusform>
            <numerusform>in more than %n days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>in %n day(s) or more</source>
        <translation>
            <numerusform>in %n day or more</numerusform>
            <numerusform>in %n days or more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>within %n day(s)</source>
        <translation>
            <numerusform>within %n day</numerusform>
            <numerusform>within %n days</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FoundField</name>
    <message numerus="yes">
        <source>Choose one of %n</source>
        <translation>
            <numerusform>Choose one of %n</numerusform>
            <numerusform>Choose one of %n</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HidesIn</name>
    <message numerus="yes">
        <source>Hides again in %n s</source>
        <translation>
            <numerusform>Hides again in %n s</numerusform>
            <numerusform>Hides again in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeyPresenter</name>
    <message numerus="yes">
        <source>Clears from the clipboard in %n s</source>
        <translation>
            <numerusform>Clears from the clipboard in %n s</numerusform>
            <numerusform>Clears from the clipboard in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeychainChecks</name>
    <message numerus="yes">
        <source>%n thing(s) repaired</source>
        <translation>
            <numerusform>%n thing repaired</numerusform>
            <numerusform>%n things repaired</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>LabelNote</name>
    <message numerus="yes">
        <source>%n character(s) left</source>
        <translation>
            <numerusform>%n character left</numerusform>
            <numerusform>%n characters left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ManyPanel</name>
    <message numerus="yes">
        <source>%Ln app(s) selected</source>
        <translation>
            <numerusform>%Ln app selected</numerusform>
            <numerusform>%Ln apps selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>and %Ln more</source>
        <translation>
            <numerusform>and %Ln more</numerusform>
            <numerusform>and %Ln more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OrgsPresenter</name>
    <message numerus="yes">
        <source>%Ln app(s) are deleted with it.</source>
        <translation>
            <numerusform>%Ln app is deleted with it.</numerusform>
            <numerusform>%Ln apps are deleted with it.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) deleted before can no longer be restored alone.</source>
        <translation>
            <numerusform>%Ln app deleted before can no longer be restored alone.</numerusform>
            <numerusform>%Ln apps deleted before can no longer be restored alone.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OriginPresenter</name>
    <message numerus="yes">
        <source>%Ln app(s)</source>
        <translation>
            <numerusform>%Ln app</numerusform>
            <numerusform>%Ln apps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OverviewPage</name>
    <message numerus="yes">
        <source>Half are younger than %Ln day(s).</source>
        <translation>
            <numerusform>Half are younger than %Ln day.</numerusform>
            <numerusform>Half are younger than %Ln days.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln in 12 weeks</source>
        <translation>
            <numerusform>%Ln in 12 weeks</numerusform>
            <numerusform>%Ln in 12 weeks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln key(s) copied in 12 weeks</source>
        <translation>
            <numerusform>%Ln key copied in 12 weeks</numerusform>
            <numerusform>%Ln keys copied in 12 weeks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln app(s) need attention</source>
        <translation>
            <numerusform>%Ln app needs attention</numerusform>
            <numerusform>%Ln apps need attention</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln expire(s)</source>
        <translation>
            <numerusform>%Ln expires</numerusform>
            <numerusform>%Ln expire</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln review(s)</source>
        <translation>
            <numerusform>%Ln review</numerusform>
            <numerusform>%Ln reviews</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln more need(s) attention.</source>
        <translation>
            <numerusform>%Ln more needs attention.</numerusform>
            <numerusform>%Ln more need attention.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The other %Ln need(s) nothing now.</source>
        <translation>
            <numerusform>The other %Ln needs nothing now.</numerusform>
            <numerusform>The other %Ln need nothing now.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message numerus="yes">
        <source>Each request ends after %n second(s), so a longer time above never counts.</source>
        <translation>
            <numerusform>Each request ends after %n second, so a longer time above never counts.</numerusform>
            <numerusform>Each request ends after %n seconds, so a longer time above never counts.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RequestsEntry</name>
    <message numerus="yes">
        <source>%n program(s) used the sandbox within the last ten minutes and will find nobody.</source>
        <translation>
            <numerusform>%n program used the sandbox within the last ten minutes and will find nobody.</numerusform>
            <numerusform>%n programs used the sandbox within the last ten minutes and will find nobody.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n client(s)</source>
        <translation>
            <numerusform>%n client</numerusform>
            <numerusform>%n clients</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RequestsPresenter</name>
    <message numerus="yes">
        <source>Expires in %n min</source>
        <translation>
            <numerusform>Expires in %n min</numerusform>
            <numerusform>Expires in %n min</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Clears from the clipboard in %n s</source>
        <translation>
            <numerusform>Clears from the clipboard in %n s</numerusform>
            <numerusform>Clears from the clipboard in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SearchBar</name>
    <message numerus="yes">
        <source>%n app(s)</source>
        <translation>
            <numerusform>%n app</numerusform>
            <numerusform>%n apps</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{shown} of %n app(s)</source>
        <translation>
            <numerusform>{shown} of %n app</numerusform>
            <numerusform>{shown} of %n apps</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message numerus="yes">
        <source>%n suggestion(s). Press Down to choose.</source>
        <translation>
            <numerusform>%n suggestion. Press Down to choose.</numerusform>
            <numerusform>%n suggestions. Press Down to choose.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Selection</name>
    <message numerus="yes">
        <source>%Ln app(s) selected</source>
        <translation>
            <numerusform>%Ln app selected</numerusform>
            <numerusform>%Ln apps selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SelectionBar</name>
    <message numerus="yes">
        <source>%Ln selected</source>
        <translation>
            <numerusform>%Ln selected</numerusform>
            <numerusform>%Ln selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StandingBanner</name>
    <message numerus="yes">
        <source>It went from {seen} to {now}, and %n thing(s) fell due by that. Nothing is removed until you say that the clock is right. If it is wrong, set it in the system’s settings.</source>
        <translation>
            <numerusform>It went from {seen} to {now}, and %n thing fell due by that. Nothing is removed until you say that the clock is right. If it is wrong, set it in the system’s settings.</numerusform>
            <numerusform>It went from {seen} to {now}, and %n things fell due by that. Nothing is removed until you say that the clock is right. If it is wrong, set it in the system’s settings.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StatusMessages</name>
    <message numerus="yes">
        <source>%n change(s) completed.</source>
        <translation>
            <numerusform>%n change completed.</numerusform>
            <numerusform>%n changes completed.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n change(s) undone.</source>
        <translation>
            <numerusform>%n change undone.</numerusform>
            <numerusform>%n changes undone.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Keys of %Ln app(s) could not be removed</source>
        <translation>
            <numerusform>Keys of %Ln app could not be removed</numerusform>
            <numerusform>Keys of %Ln apps could not be removed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TimeLine</name>
    <message numerus="yes">
        <source>%Ln earlier key(s) kept until {date}</source>
        <translation>
            <numerusform>%Ln earlier key kept until {date}</numerusform>
            <numerusform>%Ln earlier keys kept until {date}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The key is %Ln day(s) old</source>
        <translation>
            <numerusform>The key is %Ln day old</numerusform>
            <numerusform>The key is %Ln days old</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>expires in %Ln day(s)</source>
        <translation>
            <numerusform>expires in %Ln day</numerusform>
            <numerusform>expires in %Ln days</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>expired %Ln day(s) ago</source>
        <translation>
            <numerusform>expired %Ln day ago</numerusform>
            <numerusform>expired %Ln days ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message numerus="yes">
        <source>%Ln app(s)</source>
        <translation>
            <numerusform>%Ln app</numerusform>
            <numerusform>%Ln apps</numerusform>
        </translation>
    </message>
</context>
</TS>
