package io.manta.testkit.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.WireVersion;
import io.manta.testkit.ProcessCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What another wire version has is refused at once, and says why.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class WireVersionTest {
  private static final int OWN = WireVersion.current();
  private static final int NEXT = OWN + 1;
  private static final MantaConfig CONFIG =
      MantaConfig.defaults().withCpus(1).withJoinTimeout(Duration.ofSeconds(60));

  @TempDir private Path folder;

  private ProcessCluster startNext() throws Exception {
    ProcessCluster cluster = ProcessCluster.start(0, CONFIG);
    cluster.useClassPath(EarlierBuild.classPathOfVersion(NEXT, folder));
    cluster.add();
    return cluster;
  }

  @Test
  void shouldRefuseNodesAndDriversAndStateOfAnotherWireVersion() throws Exception {
    try (ProcessCluster cluster = startNext()) {
      MantaConfig there = CONFIG.withAddresses(List.of(cluster.node(0).address()));
      for (Runnable start :
          List.<Runnable>of(() -> Manta.start(there.withPort(0)), () -> Manta.connect(there))) {
        assertThatThrownBy(start::run)
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining(cluster.node(0).address().substring("manta://".length()))
            .hasMessageContaining("has wire version " + NEXT)
            .hasMessageContaining("this process has " + OWN)
            .hasMessageContaining("stop all of them");
      }
      assertThat(Files.readString(cluster.node(0).log()))
          .contains("was refused: it has wire version " + OWN + " of Manta, and this process has");

      cluster.node(0).stop();
      cluster.useClassPath(System.getProperty("java.class.path"));
      assertThatThrownBy(() -> cluster.node(0).start())
          .hasMessageContaining("is of wire version " + NEXT)
          .hasMessageContaining("reads up to " + OWN);
    }
  }

  @Test
  void shouldEndADriverWhoseNodesCameBackWithAnotherWireVersion() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(1, CONFIG);
        Manta driver = cluster.connect()) {
      cluster.node(0).stop();
      cluster.useClassPath(EarlierBuild.classPathOfVersion(NEXT, folder));
      cluster.node(0).start();
      assertThat(driver.whenClosed().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(30));
    }
  }
}
