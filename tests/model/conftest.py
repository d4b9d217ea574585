"""What the worker is made of runs in processes of its own, where `program` is beside it."""

collect_ignore = ["calls.py", "comparing.py", "loaded.py", "recipes.py", "state.py", "worker.py"]
