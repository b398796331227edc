package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.benchmarks.BenchCase.Cold;
import io.manta.benchmarks.FreshProcess.Done;
import io.manta.benchmarks.FreshProcess.Work;
import io.manta.cli.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// What a fresh process takes: time to the first result, and memory when idle.
final class FreshCases {
  private static final String SUITE = "core";

  private FreshCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Cold(SUITE, List.of("startup_ms", "startup_process_ms"), FreshCases::startup),
        new Cold(SUITE, List.of("memory_idle_mib", "memory_idle_pss_mib"), FreshCases::memory),
        new Cold(SUITE, List.of("node_idle_mib", "node_idle_pss_mib"), FreshCases::nodeMemory));
  }

  private static void startup(Launcher launcher, Reporter reporter) throws IOException {
    int runs = reporter.settings().coldRuns();
    double[] inside = new double[runs];
    double[] whole = new double[runs];
    for (int i = runs > 1 ? -1 : 0; i < runs; i++) {
      long start = System.nanoTime();
      try (Child process = start(launcher, Work.ONE_TASK, reporter)) {
        double milliseconds = process.answer(Done.class, Launcher.START_LIMIT).milliseconds();
        if (i >= 0) {
          inside[i] = milliseconds;
          whole[i] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
    reporter.lower("startup_ms", inside, "ms");
    reporter.lower("startup_process_ms", whole, "ms");
  }

  /// The program and, where there are any, its nodes.
  private static void memory(Launcher launcher, Reporter reporter) throws Exception {
    Memory.requireProc();
    var found = new ArrayList<Memory>();
    for (int i = 0; i < reporter.settings().coldRuns(); i++) {
      try (Child process = start(launcher, Work.NOTHING, reporter)) {
        process.answer(Done.class, Launcher.START_LIMIT);
        found.add(afterRest(process.handle(), reporter));
      }
    }
    report("memory_idle", found, reporter);
  }

  /// One process of `manta start`.
  private static void nodeMemory(Launcher launcher, Reporter reporter) throws Exception {
    if (reporter.plan().mode() == Mode.EMBEDDED) {
      throw new BenchCase.SkippedException("an embedded node has no process of its own");
    }
    Memory.requireProc();
    var found = new ArrayList<Memory>();
    for (int i = 0; i < reporter.settings().coldRuns(); i++) {
      NodeProcess node =
          launcher.startNode("idle node", "--head", "--http-port", "" + Launcher.freePort());
      try {
        found.add(afterRest(ProcessHandle.of(node.pid()).orElseThrow(), reporter));
      } finally {
        Launcher.end(node);
      }
    }
    report("node_idle", found, reporter);
  }

  private static Memory afterRest(ProcessHandle process, Reporter reporter) throws IOException {
    Launcher.pause(reporter.settings().idleSeconds());
    Memory memory = Memory.ofTree(process);
    check(memory.rssMib() > 1, "a JVM takes over a MiB");
    return memory;
  }

  private static void report(String name, List<Memory> found, Reporter reporter) {
    int processes = found.getFirst().processes();
    String note = processes == 1 ? "1 process" : processes + " processes";
    reporter.lower(
        name + "_mib", found.stream().mapToDouble(Memory::rssMib).toArray(), "MiB", note);
    reporter.lower(
        name + "_pss_mib", found.stream().mapToDouble(Memory::pssMib).toArray(), "MiB", note);
  }

  private static Child start(Launcher launcher, Work work, Reporter reporter) throws IOException {
    return launcher.start(
        "fresh process", FreshProcess.class, work.name(), Json.line(reporter.plan()));
  }
}
