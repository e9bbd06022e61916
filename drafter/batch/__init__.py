"""Many candidates at once: rows in, drafts kept one by one, results out; to be stopped, killed and gone on with.

    intake      rows of a file -> rows of a run: who can be drafted, who cannot, and why
    engine      rows of a run -> drafts, by clerks at their desks, at the pace that the server bears
    across      the whole batch seen together, after which each row's status is final
    results     the run as tables

The work is split over processes: each clerk (`clerk`) plans, writes and checks in one of its own, and asks for every call;
the main one (`office`) makes the calls and keeps what came, so that there is one gate, one budget and one store.
"""
