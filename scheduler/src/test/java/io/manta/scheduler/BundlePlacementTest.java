package io.manta.scheduler;

import static io.manta.core.PlacementGroup.Strategy.PACK;
import static io.manta.core.PlacementGroup.Strategy.SPREAD;
import static io.manta.core.PlacementGroup.Strategy.STRICT_PACK;
import static io.manta.core.PlacementGroup.Strategy.STRICT_SPREAD;
import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.Bundle;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup.Strategy;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Where the bundles of placement groups go.
class BundlePlacementTest {
  private static final NodeId A = new NodeId(1);
  private static final NodeId B = new NodeId(2);
  private static final NodeId C = new NodeId(3);

  private static NodeView node(NodeId id, double cpus, double free) {
    return new NodeView(id, Resources.cpus(cpus), Resources.cpus(free));
  }

  private static Map<Integer, Bundle> bundles(double... cpus) {
    var bundles = new HashMap<Integer, Bundle>();
    for (double amount : cpus) {
      bundles.put(bundles.size(), new Bundle(Resources.cpus(amount)));
    }
    return bundles;
  }

  private static Optional<Map<Integer, NodeId>> place(
      Strategy strategy, Map<Integer, Bundle> bundles, NodeView... nodes) {
    return BundlePlacement.place(strategy, bundles, Map.of(), List.of(nodes));
  }

  @Test
  void shouldPackOnTheOneNodeThatHoldsAll() {
    assertThat(place(PACK, bundles(1, 2, 1), node(A, 2, 2), node(B, 4, 4), node(C, 2, 2)))
        .hasValue(Map.of(0, B, 1, B, 2, B));
  }

  @Test
  void shouldPackOnTheFullestOfNodesThatHoldAsMuch() {
    assertThat(place(PACK, bundles(1, 1), node(A, 8, 8), node(B, 8, 2), node(C, 8, 5)))
        .hasValue(Map.of(0, B, 1, B));
  }

  @Test
  void shouldPackWithTheLargestFirstWhereTheFirstFitWouldFail() {
    assertThat(place(PACK, bundles(1, 4), node(A, 4, 4), node(B, 1, 1)))
        .hasValue(Map.of(0, B, 1, A));
  }

  @Test
  void shouldGoBackWherePackingOneNodeFirstLeavesABundleOver() {
    // The most for one node would be 2 + 2 of B's 5, and leave 3 for neither.
    assertThat(place(PACK, bundles(3, 2, 2, 3), node(A, 5, 5), node(B, 5, 5))).isPresent();
  }

  @Test
  void shouldSpreadOverAsManyNodesAsThereAre() {
    var placed = place(SPREAD, bundles(1, 1, 1, 1), node(A, 4, 4), node(B, 4, 4), node(C, 4, 4));
    assertThat(new HashSet<>(placed.orElseThrow().values())).containsExactlyInAnyOrder(A, B, C);
  }

  @Test
  void shouldPutMoreBundlesOnANodeRatherThanNoneWhenSpread() {
    assertThat(place(SPREAD, bundles(1, 1, 1), node(A, 4, 4), node(B, 4, 0)))
        .hasValue(Map.of(0, A, 1, A, 2, A));
  }

  @Test
  void shouldPackStrictlyOnOneNodeOrNowhere() {
    assertThat(place(STRICT_PACK, bundles(2, 2), node(A, 3, 3), node(B, 4, 4)))
        .hasValue(Map.of(0, B, 1, B));
    assertThat(place(STRICT_PACK, bundles(2, 2), node(A, 3, 3), node(B, 3, 3))).isEmpty();
  }

  @Test
  void shouldSpreadStrictlyOverDifferentNodesOrNowhere() {
    var placed =
        place(STRICT_SPREAD, bundles(1, 1, 1), node(A, 4, 4), node(B, 4, 4), node(C, 4, 4));
    assertThat(new HashSet<>(placed.orElseThrow().values())).hasSize(3);
    assertThat(place(STRICT_SPREAD, bundles(1, 1, 1), node(A, 9, 9), node(B, 9, 9))).isEmpty();
  }

  @Test
  void shouldFindTheOneWayInWhichEachBundleHasANodeOfItsOwn() {
    var gpu = new Bundle(Resources.cpus(1).with(Resources.GPU, 1));
    var eu = new Bundle(Resources.cpus(1), LabelSelector.parse("zone = eu"));
    var any = new Bundle(Resources.cpus(1));
    var both =
        new NodeView(
                A,
                Resources.cpus(2).with(Resources.GPU, 1),
                Resources.cpus(2).with(Resources.GPU, 1))
            .withLabels(Map.of("zone", "eu"));
    var europe = node(B, 8, 1).withLabels(Map.of("zone", "eu"));
    assertThat(place(STRICT_SPREAD, Map.of(0, any, 1, eu, 2, gpu), both, europe, node(C, 8, 1)))
        .hasValue(Map.of(0, C, 1, B, 2, A));
  }

  @Test
  void shouldKeepToTheLabelsOfEachBundle() {
    var labelled =
        Map.of(
            0, new Bundle(Resources.cpus(1), LabelSelector.parse("disk = ssd")),
            1, new Bundle(Resources.cpus(1), LabelSelector.parse("!disk")));
    NodeView ssd = node(A, 4, 4).withLabels(Map.of("disk", "ssd"));
    for (Strategy strategy : List.of(PACK, SPREAD, STRICT_SPREAD)) {
      assertThat(place(strategy, labelled, ssd, node(B, 4, 4))).hasValue(Map.of(0, A, 1, B));
    }
    assertThat(place(STRICT_PACK, labelled, ssd, node(B, 4, 4))).isEmpty();
    assertThat(BundlePlacement.explain(PACK, labelled, Map.of(), List.of(node(B, 4, 4))))
        .contains("bundle 0", "where disk = ssd");
  }

  @Test
  void shouldLeaveOutNodesThatLeaveAndThoseShortOfMemoryWhileOthersCould() {
    var leaves =
        new NodeView(
            A,
            Resources.cpus(4),
            Resources.cpus(4),
            Resources.NONE,
            Map.of(),
            Optional.empty(),
            true,
            false);
    assertThat(place(PACK, bundles(1), leaves)).isEmpty();
    assertThat(place(PACK, bundles(1), node(A, 4, 4).withCordoned(true))).isEmpty();
    NodeView shortage = node(A, 4, 4).withShortage("it is full");
    assertThat(place(PACK, bundles(1), shortage, node(B, 4, 1))).hasValue(Map.of(0, B));
    assertThat(place(PACK, bundles(1), shortage, node(B, 4, 0))).as("B could hold it").isEmpty();
    assertThat(place(PACK, bundles(3), shortage, node(B, 2, 2))).hasValue(Map.of(0, A));
  }

  @Test
  void shouldPlaceWhatWasLostWithRegardToWhatIsLeft() {
    var lost = Map.of(1, new Bundle(Resources.cpus(1)));
    List<NodeView> nodes = List.of(node(A, 4, 1), node(B, 4, 4), node(C, 4, 2));
    assertThat(BundlePlacement.place(PACK, lost, Map.of(0, C), nodes)).hasValue(Map.of(1, C));
    assertThat(BundlePlacement.place(SPREAD, lost, Map.of(0, B, 2, A), nodes))
        .hasValue(Map.of(1, C));
    assertThat(BundlePlacement.place(STRICT_SPREAD, lost, Map.of(0, B, 2, C), nodes))
        .hasValue(Map.of(1, A));
  }

  @Test
  void shouldSayWhyItIsNotPlaced() {
    assertThat(BundlePlacement.explain(PACK, bundles(1, 9), Map.of(), List.of(node(A, 4, 4))))
        .startsWith("bundle 1: no node can ever run it");
    assertThat(BundlePlacement.explain(PACK, bundles(1, 3), Map.of(), List.of(node(A, 4, 2))))
        .startsWith("bundle 1: all nodes that could run it are busy");
    assertThat(
            BundlePlacement.explain(STRICT_PACK, bundles(3, 3), Map.of(), List.of(node(A, 4, 4))))
        .isEqualTo(
            "no nodes can ever hold it: its bundles have to be on one node and ask together for 6 cpu");
    assertThat(
            BundlePlacement.explain(STRICT_SPREAD, bundles(1, 1), Map.of(), List.of(node(A, 4, 4))))
        .isEqualTo(
            "no nodes can ever hold it: its 2 bundles have to be on different nodes, of which there are 1");
    assertThat(BundlePlacement.explain(SPREAD, bundles(2, 2), Map.of(), List.of(node(A, 4, 3))))
        .isEqualTo(
            "there is not enough free for all bundles together: its bundles ask for 4 cpu, and 3 cpu is free on 1 node(s)");
  }

  @Test
  void shouldNeverGiveANodeMoreThanItHas() {
    for (int seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      var nodes = new ArrayList<NodeView>();
      for (int i = 0; i < 1 + random.nextInt(6); i++) {
        nodes.add(node(new NodeId(i + 1), 8, random.nextInt(9)));
      }
      double[] sizes = random.doubles(1 + random.nextInt(6), 0.5, 4).toArray();
      Map<Integer, Bundle> bundles = bundles(sizes);
      for (Strategy strategy : Strategy.values()) {
        var placed = BundlePlacement.place(strategy, bundles, Map.of(), nodes);
        if (placed.isPresent()) {
          check(strategy, bundles, placed.get(), nodes, seed);
        }
      }
    }
  }

  private static void check(
      Strategy strategy,
      Map<Integer, Bundle> bundles,
      Map<Integer, NodeId> placed,
      List<NodeView> nodes,
      int seed) {
    assertThat(placed.keySet()).isEqualTo(bundles.keySet());
    var left = new HashMap<NodeId, Resources>();
    nodes.forEach(node -> left.put(node.id(), node.available()));
    placed.forEach(
        (index, node) ->
            left.computeIfPresent(node, (id, has) -> has.minus(bundles.get(index).resources())));
    assertThat(left.values())
        .as("seed %s %s", seed, strategy)
        .allMatch(rest -> rest.units(Resources.CPU) >= 0);
    int used = new HashSet<>(placed.values()).size();
    if (strategy == STRICT_PACK) {
      assertThat(used).isEqualTo(1);
    } else if (strategy == STRICT_SPREAD) {
      assertThat(used).isEqualTo(bundles.size());
    }
  }

  @Test
  void shouldPlaceLargeGroupsOnAThousandNodes() {
    var nodes = new ArrayList<NodeView>();
    for (int i = 0; i < 1000; i++) {
      nodes.add(node(new NodeId(i + 1), 4, 4));
    }
    double[] sizes = new double[500];
    java.util.Arrays.fill(sizes, 4);
    for (Strategy strategy : List.of(PACK, SPREAD, STRICT_SPREAD)) {
      assertThat(BundlePlacement.place(strategy, bundles(sizes), Map.of(), nodes)).isPresent();
    }
  }
}
