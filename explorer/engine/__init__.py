"""What joins the rooms, without Qt: session, trainer thread, analysis process, lanes, jobs."""
