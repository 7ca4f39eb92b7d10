"""Chinese-first corpus preparation that can explain every character it removed or changed."""

__version__ = "0.1.0"
