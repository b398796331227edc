package io.manta.actors.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.autoscaling.NodeProvider.Instance;
import io.manta.actors.autoscaling.ScalingEvent.Kind;
import io.manta.core.ClusterDemand;
import io.manta.core.IdleNode;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.NodeType;
import io.manta.core.ObjectUsage;
import io.manta.core.ResourceDemand;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loop against a cluster, a provider and a clock that are made up.
class ScalingLoopTest {
  private static final NodeType TYPE = new NodeType("small", Resources.cpus(2), Map.of(), 0, 3);
  private static final NodeId HEAD = new NodeId(1_000);

  private final FakeCluster cluster = new FakeCluster();
  private final FakeProvider provider = new FakeProvider();
  private final List<ScalingEvent> events = new ArrayList<>();
  private List<ResourceDemand> waiting = List.of();
  private long now = Duration.ofDays(1).toNanos();
  private ScalingLoop loop = loop(AutoscalerConfig.of(List.of(TYPE)));

  private static final class FakeCluster implements ClusterAccess {
    private final Map<NodeId, NodeInfo> nodes = new LinkedHashMap<>();
    private final Map<NodeId, Long> idleSince = new LinkedHashMap<>();
    private final List<NodeId> uncordoned = new ArrayList<>();

    void add(NodeId id, String address, Resources total, Resources available, boolean cordoned) {
      nodes.put(
          id,
          new NodeInfo(
              id,
              address,
              total,
              available,
              ObjectUsage.NONE,
              Map.of(),
              Optional.empty(),
              cordoned));
    }

    private void cordon(NodeId node, boolean cordoned) {
      NodeInfo old = nodes.get(node);
      add(node, old.address(), old.total(), old.available(), cordoned);
    }

    @Override
    public List<NodeInfo> nodes() {
      return List.copyOf(nodes.values());
    }

    @Override
    public void drain(NodeId node) {
      cordon(node, true);
    }

    @Override
    public void uncordon(NodeId node) {
      cordon(node, false);
      uncordoned.add(node);
    }
  }

  private static final class FakeProvider implements NodeProvider {
    private final Map<String, Instance> instances = new LinkedHashMap<>();
    private final Set<String> stopped = new LinkedHashSet<>();
    private Optional<String> startFailure = Optional.empty();
    private Optional<String> listFailure = Optional.empty();
    private int started;
    private boolean lists = true;

    @Override
    public String start(NodeType type) {
      started++;
      if (startFailure.isPresent()) {
        throw new IllegalStateException(startFailure.get());
      }
      String id = "n" + started;
      add(id, Optional.empty());
      return id;
    }

    void add(String id, Optional<String> failure) {
      instances.put(id, new Instance(id, "small", Optional.of(id + ":1"), failure));
    }

    @Override
    public void stop(String id) {
      stopped.add(id);
    }

    @Override
    public List<Instance> list() {
      listFailure.ifPresent(
          why -> {
            throw new IllegalStateException(why);
          });
      return lists ? List.copyOf(instances.values()) : List.of();
    }
  }

  private ScalingLoop loop(AutoscalerConfig config) {
    cluster.add(HEAD, "head:1", Resources.cpus(1), Resources.NONE, false);
    return new ScalingLoop(cluster, provider, config, events::add);
  }

  private static NodeId id(String node) {
    return new NodeId(Long.parseLong(node.substring(1)));
  }

  private void joins(String node) {
    joins(node, TYPE.offers());
    cluster.idleSince.put(id(node), now);
  }

  private void joins(String node, Resources available) {
    cluster.add(id(node), node + ":1", TYPE.offers(), available, false);
  }

  /// It is in the cluster no more, and its provider has it no more.
  private void isGone(String node) {
    cluster.nodes.remove(id(node));
    cluster.idleSince.remove(id(node));
    provider.instances.remove(node);
  }

  private void waits(int count, double cpus) {
    waiting =
        List.of(
            new ResourceDemand(
                Resources.cpus(cpus), Scheduling.defaults(), count, Duration.ofSeconds(5), HEAD));
  }

  private void step() {
    List<IdleNode> idle =
        cluster.idleSince.entrySet().stream()
            .map(node -> new IdleNode(node.getKey(), Duration.ofNanos(now - node.getValue())))
            .toList();
    loop.step(new ClusterDemand(waiting, idle), now);
  }

  /// Steps of a second each.
  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      now += Duration.ofSeconds(1).toNanos();
      step();
    }
  }

  private List<Kind> kinds() {
    return events.stream().map(ScalingEvent::kind).toList();
  }

  private boolean isCordoned(String node) {
    return cluster.nodes.get(id(node)).cordoned();
  }

  @Test
  void shouldStartNodesForWorkAndNoMoreWhileTheyHaveYetToJoin() {
    waits(2, 2);
    pass(10);

    assertThat(provider.started).isEqualTo(2);
    assertThat(kinds()).containsExactly(Kind.STARTS, Kind.STARTS);
    assertThat(events.getFirst()).hasToString("starts n1 of small: 2 × 2 cpu, has waited 5.0 s");
    joins("n1", Resources.NONE);
    joins("n2", Resources.NONE);
    waiting = List.of();
    pass(5);
    assertThat(provider.started).isEqualTo(2);
    assertThat(events.getLast()).hasToString("joined: n2 (node-2) of small: after 9.0 s");
  }

  @Test
  void shouldCountWorkAsWaitingSinceItWasSeenFirst() {
    waiting =
        List.of(
            new ResourceDemand(
                Resources.cpus(2), Scheduling.defaults(), 1, Duration.ofMillis(100), HEAD));
    step();
    assertThat(provider.started).isZero();

    pass(1);
    assertThat(provider.started).isEqualTo(1);
  }

  @Test
  void shouldStopAnIdleNodeOnceItIsCordonedAndSaysThatNothingIsOnIt() {
    waits(1, 2);
    pass(1);
    joins("n1");
    waiting = List.of();
    pass(59);
    assertThat(isCordoned("n1")).isFalse();

    pass(1);
    assertThat(isCordoned("n1")).isTrue();
    assertThat(provider.stopped).isEmpty();
    pass(1);
    assertThat(provider.stopped).containsExactly("n1");
    isGone("n1");
    pass(1);
    assertThat(kinds())
        .containsExactly(Kind.STARTS, Kind.JOINED, Kind.DRAINS, Kind.STOPS, Kind.GONE);
  }

  private void beginsToDrain() {
    waits(1, 2);
    pass(1);
    joins("n1");
    waiting = List.of();
    pass(60);
    assertThat(isCordoned("n1")).isTrue();
  }

  @Test
  void shouldNotStopANodeOnWhichWorkHasJustBegun() {
    beginsToDrain();
    cluster.idleSince.clear(); // that began before it was cordoned
    pass(20);
    assertThat(provider.stopped).isEmpty();

    cluster.idleSince.put(id("n1"), now);
    pass(1);
    assertThat(provider.stopped).containsExactly("n1");
  }

  @Test
  void shouldLetANodeGoOnThatIsStillUsedAfterTheDrainTimeout() {
    beginsToDrain();
    cluster.idleSince.clear();
    pass(31);

    assertThat(provider.stopped).isEmpty();
    assertThat(isCordoned("n1")).isFalse();
    assertThat(events.getLast().kind()).isEqualTo(Kind.KEEPS);
    assertThat(events.getLast().why()).contains("still in use");
  }

  @Test
  void shouldHaveANodeThatIsToLeaveTakeWorkThatWaits() {
    beginsToDrain();
    waits(1, 2);
    pass(1);

    assertThat(cluster.uncordoned).containsExactly(id("n1"));
    assertThat(provider.started).isEqualTo(1);
    assertThat(provider.stopped).isEmpty();
  }

  @Test
  void shouldStopNodesOneAfterTheOther() {
    waits(3, 2);
    pass(1);
    List.of("n1", "n2", "n3").forEach(this::joins);
    waiting = List.of();
    pass(70);
    assertThat(provider.stopped).containsExactly("n1");

    isGone("n1");
    pass(1);
    assertThat(provider.stopped).containsExactly("n1", "n2");
  }

  @Test
  void shouldGiveUpANodeThatDoesNotJoinAndTryAnother() {
    waits(1, 2);
    pass(301);
    assertThat(provider.stopped).isEmpty();
    assertThat(provider.started).isEqualTo(1);

    pass(1);
    assertThat(provider.stopped).containsExactly("n1");
    assertThat(events.getLast().toString()).contains("n1 of small", "did not join within 300 s");
    provider.instances.remove("n1");
    pass(2);
    assertThat(provider.started).isEqualTo(2);
  }

  @Test
  void shouldBackOffWhenNoNodeCanBeStarted() {
    provider.startFailure = Optional.of("quota of 0 cpus is used up");
    waits(1, 2);
    pass(60);

    assertThat(provider.started).isBetween(5, 7);
    assertThat(events.getFirst())
        .hasToString(
            "failed: small: can't be started: quota of 0 cpus is used up; no other is started for 1.0 s");
    provider.startFailure = Optional.empty();
    pass(60);
    assertThat(provider.instances).hasSize(1);
  }

  @Test
  void shouldTakeAnotherTypeWhileOneCannotBeStarted() {
    var spare = new NodeType("spare", Resources.cpus(8), Map.of(), 0, 1);
    loop = loop(AutoscalerConfig.of(List.of(TYPE, spare)));
    provider.add("n9", Optional.of("the image is missing"));
    waits(1, 2);
    pass(1);

    assertThat(events)
        .anySatisfy(event -> assertThat(event.why()).startsWith("the image is missing"))
        .anySatisfy(
            event -> {
              assertThat(event.kind()).isEqualTo(Kind.STARTS);
              assertThat(event.type()).contains("spare");
            });
    assertThat(provider.stopped).containsExactly("n9");
  }

  @Test
  void shouldTakeOverWhatTheProviderLists() {
    provider.add("n1", Optional.empty());
    provider.add("n2", Optional.empty());
    joins("n1", Resources.NONE);
    waits(1, 2);
    pass(3);

    assertThat(provider.started).as("n2 has yet to join").isZero();
    assertThat(kinds()).containsExactlyInAnyOrder(Kind.ADOPTS, Kind.ADOPTS, Kind.JOINED);
  }

  @Test
  void shouldStopACordonedNodeOfAnEarlierAutoscalerAndNeverUncordonIt() {
    provider.add("n7", Optional.empty());
    cluster.add(id("n7"), "n7:1", TYPE.offers(), TYPE.offers(), true);
    cluster.idleSince.put(id("n7"), now);
    pass(59);
    assertThat(provider.stopped).isEmpty();
    pass(1);
    waits(1, 2);
    pass(2);

    assertThat(provider.stopped).as("%s", events).containsExactly("n7");
    assertThat(cluster.uncordoned).isEmpty();
  }

  @Test
  void shouldGiveBackNodesOfATypeThatIsNoneAnyMore() {
    provider.instances.put(
        "n5", new Instance("n5", "former", Optional.of("n5:1"), Optional.empty()));
    joins("n5");
    pass(62);

    assertThat(provider.stopped).containsExactly("n5");
  }

  @Test
  void shouldReplaceANodeThatEndedByItself() {
    loop =
        loop(
            AutoscalerConfig.of(List.of(new NodeType("small", Resources.cpus(2), Map.of(), 1, 3))));
    pass(1);
    joins("n1");
    pass(1);
    isGone("n1");
    pass(1);

    assertThat(events).anySatisfy(event -> assertThat(event.why()).isEqualTo("it ended by itself"));
    assertThat(provider.started).isEqualTo(2);
  }

  @Test
  void shouldStopANodeThatTheClusterLostForLong() {
    waits(1, 2);
    pass(1);
    joins("n1");
    waiting = List.of();
    pass(1);
    cluster.nodes.remove(id("n1"));
    cluster.idleSince.clear();
    pass(300);
    assertThat(provider.stopped).isEmpty();
    pass(2);

    assertThat(provider.stopped).containsExactly("n1");
    assertThat(events.getLast().why()).contains("not in the cluster any more");
  }

  @Test
  void shouldNotCountTimeInWhichItWasStopped() {
    waits(1, 2);
    pass(1);
    now += Duration.ofHours(1).toNanos();
    step();

    assertThat(provider.stopped).isEmpty();
  }

  @Test
  void shouldDoNothingWhileNoNodeOrNoProviderAnswersAndSayItOnce() {
    provider.add("n1", Optional.empty());
    cluster.nodes.clear();
    waits(1, 2);
    pass(600);
    cluster.add(HEAD, "head:1", Resources.cpus(1), Resources.NONE, false);
    provider.listFailure = Optional.of("no credit");
    pass(600);

    assertThat(provider.stopped).isEmpty();
    assertThat(provider.started).isZero();
    assertThat(events)
        .extracting(ScalingEvent::toString)
        .containsExactly(
            "failed: no node of the cluster is heard of; nothing is done until one is",
            "failed: the provider can't list its nodes: no credit");
  }

  @Test
  void shouldWaitForAProviderThatListsLate() {
    provider.lists = false;
    waits(1, 2);
    pass(30);
    assertThat(provider.started).isEqualTo(1);

    provider.lists = true;
    joins("n1", Resources.NONE);
    waiting = List.of();
    pass(1);
    assertThat(events.getLast().kind()).isEqualTo(Kind.JOINED);
  }

  @Test
  void shouldNotStartEverMoreNodesThatOfferLessThanTheirTypeSays() {
    waits(1, 2);
    pass(1);
    cluster.add(id("n1"), "n1:1", Resources.cpus(1), Resources.cpus(1), false);
    pass(1);

    assertThat(events.getLast().why()).contains("it offers 1 cpu, and its type 2 cpu");
    assertThat(provider.started).isEqualTo(1);
  }

  @Test
  void shouldRefuseAConfigThatCannotBe() {
    assertThatThrownBy(() -> AutoscalerConfig.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no types");
    assertThatThrownBy(() -> AutoscalerConfig.of(List.of(TYPE, TYPE)))
        .hasMessageContaining("two types of nodes are named 'small'");
    assertThatThrownBy(
            () -> AutoscalerConfig.of(List.of(TYPE)).withIdleTimeout(Duration.ofSeconds(-1)))
        .hasMessageContaining("idleTimeout");
  }
}
