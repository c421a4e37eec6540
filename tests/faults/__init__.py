"""The faults that one server must survive, each with the figure that shows it.

    python -m tests.faults [--tier quick|class|soak|all] [--row NAME ...]

starts the dashboard as a class would, does to it what happens in classes and worse, and prints a
line for each fault. Needs Linux, whose /proc tells a process's memory and threads.
"""
