package io.manta.benchmarks;

import io.manta.cli.NodeProcess;
import java.io.IOException;
import java.util.Locale;

/// How a node dies.
enum Death {
  /// As by a crash: its host notices at once.
  KILL,

  /// As by a cut cable or a host that hangs: it is silent, and nobody knows why.
  STOP;

  /// What a program answers: how long it took until all went on elsewhere.
  record Survived(double seconds) {}

  static Death of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  void of(NodeProcess node) throws IOException, InterruptedException {
    switch (this) {
      case KILL -> node.kill();
      case STOP -> {
        int code =
            new ProcessBuilder("kill", "-STOP", "" + node.pid()).inheritIO().start().waitFor();
        BenchCase.check(code == 0, "the process of %s was stopped".formatted(node.id()));
      }
    }
  }
}
