"""The database on disk: TinyDB behind domain.ports.Repository. The one package that may import tinydb."""
