"""Any REST API that gives JSON, declared instead of programmed."""
