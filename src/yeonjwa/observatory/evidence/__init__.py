"""Claims, parameters, sources and regimes."""
