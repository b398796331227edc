package io.manta.serve.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.serve.internal.Records.FrontRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FrontsTest {
  private static final MantaConfig CONFIG =
      MantaConfig.defaults().withCpus(1).withPort(0).withHttpPort(0);

  private static List<NodeId> nodes(Manta manta) {
    return manta.nodes().stream().map(NodeInfo::id).toList();
  }

  private static boolean awaitWithout(Manta manta, NodeId gone) throws InterruptedException {
    return Fronts.await(
        manta,
        (Map<NodeId, FrontRecord> fronts) ->
            !nodes(manta).contains(gone) && fronts.keySet().containsAll(nodes(manta)),
        Duration.ofSeconds(40));
  }

  @Test
  void shouldSeeThatANodeIsGoneAlthoughNoRecordChanges() throws Exception {
    try (Manta first = Manta.start(CONFIG)) {
      Manta second = Manta.start(CONFIG.withAddresses(List.of(first.address().orElseThrow())));
      NodeId gone = second.id();
      CompletableFuture<Boolean> seen;
      try (second) {
        await().atMost(Duration.ofSeconds(60)).until(() -> Fronts.addresses(first).size() == 2);
        seen =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return awaitWithout(first, gone);
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
      }
      // Its front is withdrawn while it is a node still: that is the last change of a record.
      assertThat(seen.get(60, TimeUnit.SECONDS)).isTrue();
    }
  }
}
