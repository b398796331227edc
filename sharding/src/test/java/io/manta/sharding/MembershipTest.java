package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Identify;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.pattern.Patterns;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two members in one JVM.
@Timeout(60)
class MembershipTest {
  private static final NodeId ONE = new NodeId(1);
  private static final NodeId OTHER = new NodeId(2);

  private final List<String> events = new CopyOnWriteArrayList<>();
  private final ActorSystem one = system(ONE);
  private final ActorSystem other = system(OTHER);

  private static ActorSystem system(NodeId id) {
    return ActorSystem.create(
        "members",
        ConfigFactory.parseString(
                """
                pekko.actor.provider = cluster
                pekko.actor.allow-java-serialization = off
                pekko.remote.artery { transport = tcp, canonical { hostname = "127.0.0.1", port = 0 } }
                pekko.cluster.roles = ["%s"]
                pekko.cluster.jmx.enabled = off
                pekko.coordinated-shutdown.terminate-actor-system = off
                pekko.coordinated-shutdown.run-by-actor-system-terminate = off
                pekko.loglevel = OFF
                """
                    .formatted(id))
            .withFallback(ConfigFactory.load()));
  }

  @AfterEach
  void terminate() throws Exception {
    for (ActorSystem system : List.of(one, other)) {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  private final class Noting implements MembershipListener {
    @Override
    public void joined(NodeId node, String address) {
      events.add(node + " joined");
    }

    @Override
    public void left(NodeId node, String reason) {
      events.add(node + " left: " + reason);
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    while (!condition.getAsBoolean()) {
      Thread.sleep(20);
    }
  }

  private ActorRef cluster() throws Exception {
    ActorRef membership =
        one.actorOf(Props.create(Membership.class, () -> new Membership(new Noting())));
    Cluster first = Cluster.get(one);
    first.join(first.selfAddress());
    Cluster.get(other).join(first.selfAddress());
    await(() -> events.contains(OTHER + " joined"));
    return membership;
  }

  @Test
  void shouldNotTakeTheOthersForGoneWhenItIsRemovedItself() throws Exception {
    ActorRef membership = cluster();
    Cluster.get(one).down(Cluster.get(one).selfAddress());
    await(() -> Cluster.get(one).isTerminated());
    Patterns.ask(membership, new Identify("after the last event"), Duration.ofSeconds(20))
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    assertThat(events).contains(OTHER + " joined").noneMatch(event -> event.contains("left"));
  }
}
