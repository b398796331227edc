package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ObjectRef;
import io.manta.core.OwnerDiedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two drivers that have a cluster in common, and hand refs to each other by way of an actor.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DriversTest {
  private LocalCluster cluster;
  private Manta giver;
  private Manta taker;

  static class Shelf extends RemoteActor {
    private final List<ObjectRef<int[]>> refs = new ArrayList<>();

    int put(List<ObjectRef<int[]>> more) {
      refs.addAll(more);
      return refs.size();
    }

    List<ObjectRef<int[]>> take() {
      List<ObjectRef<int[]>> all = List.copyOf(refs);
      refs.clear();
      return all;
    }
  }

  @BeforeEach
  void start() {
    cluster = LocalCluster.start(1, MantaConfig.defaults().withCpus(2));
    giver = cluster.connect();
    taker = cluster.connect();
  }

  @AfterEach
  void close() {
    taker.close();
    giver.close();
    cluster.close();
  }

  private ObjectRef<int[]> handOver() {
    ActorHandle<Shelf> shelf = giver.actor(Shelf::new).named("shelf").create();
    ObjectRef<int[]> put = giver.put(new int[] {5});
    List<ObjectRef<int[]>> one = List.of(put);
    assertThat(shelf.call(actor -> actor.put(one)).get()).isEqualTo(1);
    ActorHandle<Shelf> found = taker.find("shelf", Shelf.class).orElseThrow();
    return found.call(Shelf::take).get().getFirst();
  }

  @Test
  void shouldReadTheValueOfAnotherDriver() {
    ObjectRef<int[]> taken = handOver();

    assertThat(taken.get()).containsExactly(5);
    assertThat(taker.nodes()).hasSize(1);
    assertThat(giver.nodes()).hasSize(1);
  }

  @Test
  void shouldFreeWhatAnotherDriverBorrowed() {
    handOver().close();

    Eventually.afterCollections(() -> assertThat(giver.objectUsage().lent()).isZero());
  }

  @Test
  void shouldFreeWhatADriverBorrowedThatIsGone() {
    handOver();
    taker.close();

    Eventually.afterCollections(() -> assertThat(giver.objectUsage().lent()).isZero());
  }

  @Test
  void shouldSayThatTheOwnerDiedWhenItIsAnotherDriver() {
    ObjectRef<int[]> taken = handOver();
    giver.close();

    assertThatThrownBy(taken::get)
        .isInstanceOf(OwnerDiedException.class)
        .hasMessageContaining(giver.id().toString());
  }
}
