"""Results in, Plotly figures out: plain dictionaries, no computing, no Streamlit."""
