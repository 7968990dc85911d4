"""yeonjwa (연좌): an open laboratory for guilt by association.

Every person in this package is synthetic: nobody here exists or ever did.
"""

__version__ = "0.1.0"
