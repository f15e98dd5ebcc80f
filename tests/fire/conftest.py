from tests.store.databases import postgres, url

__all__ = ["postgres", "url"]
