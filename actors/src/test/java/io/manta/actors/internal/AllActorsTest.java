package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.MantaConfig;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AllActorsTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  @Test
  void shouldNotWaitForTheAnswerOfAProcessThatEnds() {
    NodeId ends = new NodeId(7);
    try (var runtime =
        new MantaRuntime(
            MantaConfig.defaults().withCpus(1), new NodeId(1), false, RecordingHost::new)) {
      CompletableFuture<Message> lost =
          runtime.allActors().ask(ends, Message.ListPending::new, LONG);
      CompletableFuture<Message> awaited =
          runtime.allActors().ask(new NodeId(8), Message.ListPending::new, LONG);

      runtime.nodeDied(ends, "it was killed");

      assertThat(lost)
          .failsWithin(LONG)
          .withThrowableThat()
          .withCauseInstanceOf(ClusterUnavailableException.class)
          .withMessageContaining(ends + " ended before it answered");
      assertThat(awaited).isNotDone();
    }
  }
}
