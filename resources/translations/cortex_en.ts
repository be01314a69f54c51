<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
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
    <name>AppsPage</name>
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
    <name>CreateAppDialog</name>
    <message numerus="yes">
        <source>%n character(s) left</source>
        <translation>
            <numerusform>%n character left</numerusform>
            <numerusform>%n characters left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DetailsPanel</name>
    <message numerus="yes">
        <source>Hides again in %n s.</source>
        <translation>
            <numerusform>Hides again in %n s.</numerusform>
            <numerusform>Hides again in %n s.</numerusform>
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
        <source>Everything matches. %n app(s) checked.</source>
        <translation>
            <numerusform>Everything matches. %n app checked.</numerusform>
            <numerusform>Everything matches. %n apps checked.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thing(s) do not match. Repairing does what stands behind each.</source>
        <translation>
            <numerusform>%n thing does not match. Repairing does what stands behind each.</numerusform>
            <numerusform>%n things do not match. Repairing does what stands behind each.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n thing(s) repaired.</source>
        <translation>
            <numerusform>%n thing repaired.</numerusform>
            <numerusform>%n things repaired.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Filters</name>
    <message numerus="yes">
        <source>%n filter(s)</source>
        <translation>
            <numerusform>%n filter</numerusform>
            <numerusform>%n filters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>KeyDesk</name>
    <message numerus="yes">
        <source>Clears from the clipboard in %n s</source>
        <translation>
            <numerusform>Clears from the clipboard in %n s</numerusform>
            <numerusform>Clears from the clipboard in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>News</name>
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
    <name>SearchField</name>
    <message numerus="yes">
        <source>%n suggestion(s). Press Down to choose.</source>
        <translation>
            <numerusform>%n suggestion. Press Down to choose.</numerusform>
            <numerusform>%n suggestions. Press Down to choose.</numerusform>
        </translation>
    </message>
</context>
</TS>
