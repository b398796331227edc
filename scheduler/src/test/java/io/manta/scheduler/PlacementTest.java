package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.Placement.Share;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final JobId JOB = new JobId(new NodeId(9));
  private static final Shape ONE = Shape.of(JOB, Resources.cpus(1));

  private static NodeView node(long id, double cpus, double free) {
    return new NodeView(new NodeId(id), Resources.cpus(cpus), Resources.cpus(free));
  }

  @Test
  void shouldPackUntilHalfFullAndThenSpread() {
    assertThat(Placement.choose(ONE, List.of(node(1, 4, 3), node(2, 4, 4)), Optional.empty()))
        .contains(new NodeId(1));
    assertThat(Placement.choose(ONE, List.of(node(1, 4, 2), node(2, 4, 4)), Optional.empty()))
        .contains(new NodeId(2));
    assertThat(Placement.choose(ONE, List.of(node(1, 4, 1), node(2, 4, 2)), Optional.empty()))
        .contains(new NodeId(2));
  }

  @Test
  void shouldPreferTheAskingNodeAmongEquals() {
    assertThat(
            Placement.choose(
                ONE, List.of(node(1, 4, 4), node(2, 4, 4)), Optional.of(new NodeId(2))))
        .contains(new NodeId(2));
  }

  @Test
  void shouldDivideAmongAllNodesWhenMuchIsAsked() {
    var shares = Placement.divide(ONE, List.of(node(1, 4, 4), node(2, 4, 4), node(3, 4, 4)), 10);
    assertThat(shares).hasSize(3);
    assertThat(shares).allMatch(share -> share.count() >= 3 && share.count() <= 4);
    assertThat(shares.stream().mapToInt(Placement.Share::count).sum()).isEqualTo(10);
  }

  @Test
  void shouldNeverGiveMoreThanIsFree() {
    var random = new Random(7);
    for (int i = 0; i < 1000; i++) {
      var nodes =
          List.of(
              node(1, 8, random.nextInt(9)),
              node(2, 8, random.nextInt(9)),
              node(3, 8, random.nextInt(9)));
      for (Placement.Share share : Placement.divide(ONE, nodes, random.nextInt(40))) {
        NodeView node = nodes.get((int) share.node().value() - 1);
        assertThat(node.available().cover(Resources.cpus(share.count()))).isTrue();
      }
    }
  }

  private static NodeView shortOfMemory(long id, double cpus) {
    var all = Resources.cpus(cpus);
    return new NodeView(new NodeId(id), all, all).withShortage("its heap is full");
  }

  @Test
  void shouldAskNodesThatAreShortOfMemoryOnlyForWhatNoOtherCouldEverRun() {
    var nodes = List.of(shortOfMemory(1, 8), node(2, 4, 1));

    assertThat(Placement.choose(ONE, nodes, Optional.empty())).contains(new NodeId(2));
    assertThat(Placement.chooseForActor(ONE, nodes, id -> id.value())).contains(new NodeId(2));
    assertThat(Placement.divide(ONE, nodes, 8))
        .containsExactly(new Placement.Share(new NodeId(2), 1));
    assertThat(Placement.divide(Shape.of(JOB, Resources.cpus(6)), nodes, 8))
        .containsExactly(new Placement.Share(new NodeId(1), 1));
    assertThat(Placement.divide(ONE, List.of(shortOfMemory(1, 8)), 3))
        .containsExactly(new Placement.Share(new NodeId(1), 3));
  }

  @Test
  void shouldExplainWhichNodesAreShortOfMemory() {
    assertThat(Placement.explain(ONE, List.of(shortOfMemory(1, 8), node(2, 4, 0))))
        .contains(new NodeId(2) + " is closest")
        .endsWith(
            "; " + new NodeId(1) + " starts at most one task at a time, since its heap is full");
  }

  @Test
  void shouldExplainWhatTheClosestNodeLacks() {
    var gpu = Shape.of(JOB, Resources.cpus(1).with("gpu", 1));
    assertThat(Placement.feasible(gpu, List.of(node(1, 4, 4)))).isFalse();
    assertThat(Placement.explain(gpu, List.of(node(1, 4, 4))))
        .contains("no node can ever run it", "1 gpu", "no gpu", new NodeId(1).toString());
    assertThat(Placement.explain(ONE, List.of(node(1, 4, 0.5)))).contains("busy", "only 0.5 cpu");
    var there = ONE.on(new NodeId(9));
    assertThat(Placement.explain(there, List.of(node(1, 4, 4)))).contains("not in the cluster");
  }

  private static NodeView labelled(long id, double free, String key, String value) {
    return node(id, 4, free).withLabels(Map.of(key, value));
  }

  private static Shape where(String labels) {
    return new Shape(
        JOB, ONE.resources(), Scheduling.defaults().withRequired(LabelSelector.parse(labels)));
  }

  private static Shape rather(String labels) {
    return new Shape(
        JOB, ONE.resources(), Scheduling.defaults().withPreferred(LabelSelector.parse(labels)));
  }

  @Test
  void shouldTakeOnlyNodesWithTheLabels() {
    var nodes =
        List.of(node(1, 4, 4), labelled(2, 0.5, "zone", "eu"), labelled(3, 1, "zone", "us"));

    assertThat(Placement.choose(where("zone in (eu, us)"), nodes, Optional.empty()))
        .contains(new NodeId(3));
    assertThat(Placement.choose(where("zone = eu"), nodes, Optional.empty())).isEmpty();
    assertThat(Placement.feasible(where("zone = eu"), nodes)).isTrue();
    assertThat(Placement.feasible(where("zone = asia"), nodes)).isFalse();
    assertThat(Placement.divide(where("!zone"), nodes, 9))
        .containsExactly(new Placement.Share(new NodeId(1), 4));
    assertThat(Placement.chooseForActor(where("zone = us"), nodes, id -> 0))
        .contains(new NodeId(3));
  }

  @Test
  void shouldTakePreferredNodesFirstAndOthersWhenTheseAreFull() {
    var nodes = List.of(node(1, 4, 4), labelled(2, 2, "disk", "ssd"));

    assertThat(Placement.divide(rather("disk = ssd"), nodes, 5))
        .containsExactly(
            new Placement.Share(new NodeId(1), 3), new Placement.Share(new NodeId(2), 2));
    var onThird =
        new Shape(JOB, ONE.resources(), Scheduling.defaults().withPreferredNode(new NodeId(3)));
    assertThat(Placement.choose(onThird, List.of(node(1, 4, 4), node(3, 4, 1)), Optional.empty()))
        .contains(new NodeId(3));
    assertThat(Placement.choose(onThird, nodes, Optional.empty())).isPresent();
  }

  @Test
  void shouldSpreadFromTheStart() {
    var spread =
        new Shape(
            JOB, ONE.resources(), Scheduling.defaults().withStrategy(Scheduling.Strategy.SPREAD));
    var nodes = List.of(node(1, 8, 8), node(2, 8, 8), node(3, 8, 8));

    assertThat(Placement.divide(spread, nodes, 3)).allMatch(share -> share.count() == 1);
    assertThat(Placement.divide(ONE, nodes, 3))
        .containsExactly(new Placement.Share(new NodeId(1), 3));
    assertThat(Placement.isBest(spread, new NodeId(2), nodes)).isTrue();
    assertThat(Placement.isBest(spread, new NodeId(1), List.of(node(1, 8, 7), node(2, 8, 8))))
        .isFalse();
  }

  @Test
  void shouldSayWhichLabelsThereAreWhenNoneFits() {
    assertThat(
            Placement.explain(
                where("zone = asia"), List.of(node(1, 4, 4), labelled(2, 4, "zone", "eu"))))
        .isEqualTo(
            "no node can ever run it: it asks for one where zone = asia, and %s has no labels, %s has {zone=eu}"
                .formatted(new NodeId(1), new NodeId(2)));
  }

  @Test
  void shouldKeepTheLedgerExact() {
    var ledger = new Ledger(Resources.cpus(1));
    for (int i = 0; i < 10; i++) {
      assertThat(ledger.tryTake(Resources.cpus(0.1))).isTrue();
    }
    assertThat(ledger.tryTake(Resources.cpus(0.0001))).isFalse();
    for (int i = 0; i < 10; i++) {
      ledger.giveBack(Resources.cpus(0.1));
    }
    assertThat(ledger.available()).isEqualTo(ledger.total());
    assertThatThrownBy(() -> ledger.giveBack(Resources.cpus(1))).hasMessageContaining("not taken");
  }

  @Test
  void shouldClaimWhereRoomIsAndSpreadTheRestOverNodesThatAreBusy() {
    var nodes = List.of(node(1, 4, 0), node(2, 4, 3), node(3, 4, 0), node(4, 0.5, 0.5));

    List<Share> claims = Placement.claims(ONE, new NodeId(9), nodes, 6, 0);

    assertThat(claims).extracting(Share::count).containsExactlyInAnyOrder(1, 4, 1);
    assertThat(claims).contains(new Share(new NodeId(2), 4));
    assertThat(claims).extracting(Share::node).doesNotContain(new NodeId(4));
  }

  @Test
  void shouldClaimWithOneNodeUntilItHasWaitedLongAndThenWithAnother() {
    List<NodeView> busy = LongStream.rangeClosed(1, 50).mapToObj(id -> node(id, 4, 0)).toList();

    var first = Placement.claims(ONE, new NodeId(9), busy, 1, 1_000_000);
    assertThat(first).hasSize(1);
    assertThat(Placement.claims(ONE, new NodeId(9), busy, 1, 900_000_000)).isEqualTo(first);
    assertThat(
            LongStream.of(2, 4, 8, 16)
                .mapToObj(s -> Placement.claims(ONE, new NodeId(9), busy, 1, s * 1_000_000_000)))
        .anyMatch(later -> !later.equals(first));
  }

  @Test
  void shouldNotClaimWhereActorsHoldWhatItAsksFor() {
    Resources all = Resources.cpus(4);
    var held =
        new NodeView(
            new NodeId(1), all, Resources.NONE, all, Map.of(), Optional.empty(), false, false);

    assertThat(Placement.claims(ONE, new NodeId(9), List.of(held, node(2, 4, 0)), 1, 0))
        .containsExactly(new Share(new NodeId(2), 1));
  }

  @Test
  void shouldTellAllNodesWhenNoneIsNeededAnyMore() {
    var nodes = List.of(node(1, 4, 0), node(2, 4, 3));

    assertThat(Placement.claims(ONE, new NodeId(9), nodes, 0, 0))
        .containsExactlyInAnyOrder(new Share(new NodeId(1), 0), new Share(new NodeId(2), 0));
  }
}
