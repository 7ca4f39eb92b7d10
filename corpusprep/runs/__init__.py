"""Run a recipe over many files: shards, the engines that map over them, and the finished corpus."""
