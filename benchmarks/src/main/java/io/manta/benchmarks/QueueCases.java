package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;
import static io.manta.benchmarks.CoreCases.checked;
import static io.manta.benchmarks.CoreCases.submitted;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ObjectRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Long queues: many no-ops submitted at once, then all their results.
final class QueueCases {
  private static final String SUITE = "core";
  private static final int SHORT = 10_000;
  private static final int MEDIUM = 100_000;
  private static final int LONG = 1_000_000;

  private QueueCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(
            SUITE, List.of("queue_10k", "queue_1m", "queue_1m_of_10k"), QueueCases::shortAndLong),
        new Warm(SUITE, List.of("queue_100k"), QueueCases::medium),
        new Warm(SUITE, List.of("queue_1m_bytes"), QueueCases::memory));
  }

  private static void medium(TestBed bed, Reporter reporter) throws Exception {
    reporter.rate("queue_100k", reporter.measure().rates(round(MEDIUM, bed, reporter)));
  }

  /// In turns, so that what slows the machine down for a while slows both down.
  private static void shortAndLong(TestBed bed, Reporter reporter) throws Exception {
    List<double[]> rates =
        reporter.measure().ratesInTurns(round(SHORT, bed, reporter), round(LONG, bed, reporter));
    double[] shorts = rates.getFirst();
    double[] longs = rates.getLast();
    double[] percent = new double[shorts.length];
    Arrays.setAll(percent, i -> 100 * longs[i] / shorts[i]);
    reporter.rate("queue_10k", shorts);
    reporter.rate("queue_1m", longs);
    reporter.higher("queue_1m_of_10k", percent, "%", "of two rounds next to each other");
  }

  private static Measure.Round round(int count, TestBed bed, Reporter reporter) {
    Manta manta = bed.manta();
    int tasks = reporter.settings().size(count);
    return () -> checked(manta.get(submitted(manta, tasks)));
  }

  /// The heap of the submitting process that a task and its ref take while it waits.
  private static void memory(TestBed bed, Reporter reporter) throws Exception {
    int tasks = reporter.settings().size(LONG);
    double[] found = new double[reporter.settings().repetitions()];
    for (int i = 0; i < found.length; i++) {
      found[i] = bytesPerTask(bed, tasks);
    }
    reporter.lower("queue_1m_bytes", found, "B");
  }

  private static double bytesPerTask(TestBed bed, int tasks) throws IOException {
    Manta manta = bed.manta();
    Path gate = bed.launcher().folder().resolve("gate");
    ObjectRef<Integer> holder = holdAllCpus(manta, gate);
    try {
      double before = Measure.settledHeap();
      List<ObjectRef<Integer>> waiting = submitted(manta, tasks);
      double taken = Measure.settledHeap() - before;
      check(waiting.stream().noneMatch(ObjectRef::isDone), "no task runs meanwhile");
      Files.delete(gate);
      checked(holder);
      checked(manta.get(waiting));
      return taken / tasks;
    } finally {
      Files.deleteIfExists(gate);
    }
  }

  /// Keeps the queue from moving until somebody deletes the file.
  private static ObjectRef<Integer> holdAllCpus(Manta manta, Path gate) {
    String file = gate.toString();
    ObjectRef<Integer> holder =
        manta
            .task(
                () -> {
                  Files.createFile(Path.of(file));
                  while (Files.exists(Path.of(file))) {
                    Launcher.pause(0.01);
                  }
                  return CoreCases.ANSWER;
                })
            .cpus(TestBed.CPUS)
            .submit();
    while (!Files.exists(gate)) {
      check(!holder.isDone(), "a task holds all cpus");
      Launcher.pause(0.01);
    }
    return holder;
  }
}
