"""Real mail software from Debian packages as peers of tests and benches, each below a directory of
its own, on free loopback ports, ended by process id.  Python's standard library only."""
