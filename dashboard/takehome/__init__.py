"""An experiment as files: tables, a report that needs no network, a notebook. No Streamlit."""
