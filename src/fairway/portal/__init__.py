"""The portal: catalog, sources, pages, access and audit behind one ``/v1`` API."""
