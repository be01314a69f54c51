"""What can be done with apps. `services.AppServices` builds all of it for two stores.

No transaction spans the database and the keychain, so the app's row is the record of intent: it is durable before the
first secret is stored and goes after the last one is removed. Whenever the program dies, `recovery` finds the row and
finishes or undoes the rest.
"""
