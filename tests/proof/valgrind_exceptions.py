#!/usr/bin/env python3
"""The test programs that drive the built ones, and of their tests those that cannot run under
valgrind, each with its reason.

usage: valgrind_exceptions.py DIRECTORY    prints a line for each program in it: its name and a filter for gtest

Fails where an exception is one of no test.
"""

import subprocess
import sys

TRACED = "strace(1) would count, hold or fail the system calls of valgrind's own"
OFTEN = "hundreds of launches, a second each; one of the same kind is in other tests"
OLD = "valgrind answers Landlock's and the new mount interface's calls by ENOSYS; the test is about them"
ITSELF = "it looks at the program's file, maps or descriptors, which are valgrind's then"
LIMITED = "it limits what the program may have, which is not enough for valgrind"
PROC = "valgrind itself needs /proc"
CLOSED = "of descriptors 0 to 2 valgrind opens those that are closed"
READS = "valgrind must read what it executes, and the test is about a program that cannot be read"
PIDFD = "valgrind answers pidfd_open(2) by ENOSYS; every kernel that is supported has it"
ENDED = "a process that a signal ends has what it had"
SEGV = "valgrind lets a SIGSEGV end a process that blocks it and reads it from a signalfd(2)"
EXECVE = "valgrind does not come back from some execve(2) that fail"
TIMED = "it measures time"

# Not materialize_tests: nearly all of them mount overlays, by calls that valgrind does not know.
PROGRAMS = {
    "cli_tests": {
        "*Leak.*": OFTEN,
        "*Stage.M12SignalsDuringMountingEndItAll*": TRACED,
        "*SupervisedStage.ASupervisorKilledDuringMountingLeavesNoExecutor*": TRACED,
        "FetchSecret.TheTasksUserCannotReadTheOrderWhileTheFetcherStarts": TRACED,
        "*Exchanged.WhatTheHostMountsInAnRWVolumeMeanwhileIsNosuidAndNodevToo*": TRACED,
        "Exec.CapabilitiesThatCannotBeDroppedStopTheLaunch": TRACED,
        "Stdio.AResultForAClosedStandardOutputIsAnError": CLOSED,
        "BadInput.NoBytesTakeLongOrMuchMemory": LIMITED,
        "*ExecAs.ResourceLimitsAreTheCallers*": LIMITED,
        "Exec.ALimitOnFileSizesIsTheExecutorsAffairAlone": LIMITED,
        "Fetch.ALimitOnFileSizesIsSaidSo": LIMITED,
        "Fetch.ALackOfMemoryIsThisHostsFailure": LIMITED,
        "Exec.MoreArgumentsThanTheKernelTakesAreAClearError": EXECVE,
        "Exec.WhatIsNotThereIs127WhatCannotRunIs126": EXECVE,
        "*Stage.M11SignalsDuringTheFetchEndItAll*": ENDED,
        "*SupervisedStage.SignalsDuringTheFetchActAlsoWhereTheCallerBlocksThem*": ENDED,
        "*SuperviseSignalsAs.WhenItsParentIsKilledTheTreeIsEnded*": ENDED,
        "SuperviseSignals.RealTimeAndOddSignalsPass": SEGV,
        "Supervise.WhatProcHidesIsEndedToo": READS,
        "*SuperviseAs.M19TheSupervisorShowsNothingOfItsEnvironment*": ITSELF,
        "Live.TheEndOfAFetcherThatHasToldAFailureIsSaidToo": ENDED,
        "*Doctor.AHostThatHasEverythingIsOk*": OLD,
        "*Doctor.TheTextHasALineForEachFindingBelowItsCheck*": OLD,
        "*Doctor.WithoutOverlayThereIsAWarningOnly*": OLD,
        "*Doctor.WithoutProcItSaysSoAndComesToItsEnd*": PROC,
        "DoctorsTrial.AsAUserHoldsNothingThatRootHasOpen": ITSELF,
        "*DoctorFetching.AFetcherThatATasksUserCanReadIsWarnedOfWhereRootStartsIt*": ITSELF,
        "*DoctorFetching.AFetcherThatIsTheTasksUsersIsWarnedOfWhereRootStartsIt*": ITSELF,
        "*Progress*": TIMED,
    },
    "document_tests": {},
    "transfer_tests": {
        "*NoLibraryOfTheNetworkOrOfArchivesIsEverOpened*": TRACED,
        "*TheServingProcessIsTheUserConfined*": TRACED,
        "Fallback.AFileOfWhichCloseReportsAnErrorIsNotPlaced": TRACED,
        "SharedCache.FiftyAtOnceMakeOneRequestAndFiftyEqualSandboxes": OFTEN,
        "*Hadoop.*": PIDFD,
        "*Landlock*": OLD,
        "*ConfinementAs*": OLD,
    },
    "mesos_tests": {
        "MesosFetcherHadoop.*": PIDFD,
        "MesosFetcher.F26_HdfsUri": PIDFD,
        "MesosFetcher.G5_TheEnvironmentIsTheAgentsLessWhatIsMesosOwn": PIDFD,
        "MesosLaunch.X01_ATimeLimitKillsASlowFetchWithAllItStarted": PIDFD,
        "MesosLaunch.X18_TermWhileFetchingEndsIt": ENDED,
        "MesosLaunch.X24_X26_LimitsAreTheCallers": LIMITED,
        "DropInConfinement.*": OLD,
        "MesosLaunch.M12_DestroyWhilePreparingEndsIt": TRACED,
    },
    # Everybody's archives once.
    "archive_tests": {
        "HonestArchives.NoProgramIsStartedButTheFetcherAndTheExecutor": TRACED,
        "BothLocales/*_Root_Utf8": OFTEN,
        "BothLocales/*_RootForUser_C": OFTEN,
        "BothLocales/*_OrdinaryUser_Utf8": OFTEN,
    },
    "mistake_tests": {
        "Mistakes.exec_crlf": EXECVE,
        "Mistakes.exec_missing_interpreter": EXECVE,
        "Mistakes.exec_other_machine": EXECVE,
    },
}


def has_tests(path, pattern):
    listing = subprocess.run(
        [path, "--gtest_list_tests", "--gtest_filter=" + pattern], stdout=subprocess.PIPE, check=True
    )
    return b"\n  " in listing.stdout


def main(directory):
    for program, exceptions in PROGRAMS.items():
        for pattern in exceptions:
            if not has_tests(f"{directory}/{program}", pattern):
                sys.exit(f"valgrind_exceptions.py: no test of {program} is called {pattern}")
        print(program, "*-" + ":".join(exceptions))


if __name__ == "__main__":
    main(sys.argv[1])
