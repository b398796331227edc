package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The memory of a process and all its descendants, as Linux accounts for it.
///
/// @param rssMib resident, pages that several processes share counted in each
/// @param pssMib resident, shared pages counted in parts
record Memory(int processes, double rssMib, double pssMib) {
  static void requireProc() throws SkippedException {
    if (!Files.exists(Path.of("/proc/self/smaps_rollup"))) {
      throw new SkippedException("this system has no /proc/PID/smaps_rollup to read memory from");
    }
  }

  static Memory ofTree(ProcessHandle root) throws IOException {
    List<ProcessHandle> all = Stream.concat(Stream.of(root), root.descendants()).toList();
    double rss = 0;
    double pss = 0;
    for (ProcessHandle process : all) {
      for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/smaps_rollup"))) {
        if (line.startsWith("Rss:")) {
          rss += mib(line);
        } else if (line.startsWith("Pss:")) {
          pss += mib(line);
        }
      }
    }
    return new Memory(all.size(), rss, pss);
  }

  /// Of a line such as `Rss: 12345 kB`.
  private static double mib(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
  }
}
