#!/usr/bin/env python3
"""The test programs that drive the built ones, and of their tests those that cannot run under
valgrind, each with its reason. Prints a line for each program: its name and a filter for gtest.
"""

TRACED = "strace(1) would count, hold or fail the system calls of valgrind's own"
OFTEN = "hundreds of launches, a second each; one of the same kind is in other tests"
OLD = "valgrind answers Landlock's and the new mount interface's calls by ENOSYS; the test is about them"
ITSELF = "it looks at the program's file, maps or descriptors, which are valgrind's then"
TIMED = "it measures time"

PROGRAMS = {
    "cli_tests": {
        "*Leak.*": OFTEN,
        "*Stage.M12SignalsDuringMountingEndItAll*": TRACED,
        "*SupervisedStage.ASupervisorKilledDuringMountingLeavesNoExecutor*": TRACED,
        "*Doctor.WithoutOverlayThereIsAWarningOnly*": TRACED,
        "Exec.CapabilitiesThatCannotBeDroppedStopTheLaunch": TRACED,
        "*Doctor*": OLD,
        "Progress*": TIMED,
        "LauncherDir*": ITSELF,
    },
    "transfer_tests": {
        "*NoLibraryOfTheNetworkOrOfArchivesIsEverOpened*": TRACED,
        "*TheServingProcessIsTheUserConfined*": TRACED,
        "*HitFallback*": TRACED,
        "SharedCache.*": OFTEN,
        "*Landlock*": OLD,
    },
    "materialize_tests": {
        "*OverlayFault*": TRACED,
        "*Materialize*Overlay*": OLD,
    },
}

if __name__ == "__main__":
    for program, exceptions in PROGRAMS.items():
        print(program, "*-" + ":".join(exceptions))
