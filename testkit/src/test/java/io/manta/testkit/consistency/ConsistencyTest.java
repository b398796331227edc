package io.manta.testkit.consistency;

import io.manta.actors.MantaConfig;
import io.manta.testkit.ProcessCluster;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Counters and a bank on three processes that are killed at random. `-Dmanta.seed=17` chooses the
/// faults and the calls, `-Plong` has a hundred kills instead of three.
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class ConsistencyTest {
  private static final int KILLS = Boolean.getBoolean("manta.long") ? 100 : 3;

  @Test
  void shouldKeepWhatIsPromisedWhileNodesDieAtRandom(@TempDir Path witness) throws Exception {
    long seed = Long.getLong("manta.seed", 1);
    try (var cluster =
            ProcessCluster.start(
                3,
                MantaConfig.defaults().withCpus(2),
                "-D" + Witness.FOLDER + "=" + witness.toAbsolutePath());
        var story = new Story(seed, KILLS, witness, cluster)) {
      story.run();
      System.out.println("seed " + seed + "\n" + story.report());
    }
  }
}
