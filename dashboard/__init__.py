"""The lab in a browser: reads controls, asks `vscore`, draws."""
