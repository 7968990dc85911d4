"""The laboratory in a browser: a Django project that runs exactly what the command line runs.

Views are thin: what is read comes from an app's ``selectors``, what is written goes through its ``services``.
"""
