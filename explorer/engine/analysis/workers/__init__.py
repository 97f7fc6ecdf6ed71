"""The threads of the analysis process, one a job."""
