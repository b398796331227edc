package io.manta.scheduler.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import io.manta.scheduler.autoscaling.ProvidedNode.State;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScalingPolicyTest {
  private static final JobId JOB = new JobId(new NodeId(9));
  private static final NodeType SMALL =
      new NodeType("small", Resources.cpus(4), Map.of("zone", "eu"), 0, 20);
  private static final NodeType LARGE =
      new NodeType("large", Resources.cpus(16).with("gpu", 1), Map.of("zone", "us"), 0, 3);
  private static final long LONG = Duration.ofMinutes(10).toNanos();

  private final ScalingPolicy policy =
      new ScalingPolicy(List.of(SMALL, LARGE), ScalingLimits.defaults());

  private static PendingShape pending(double cpus, int count) {
    return new PendingShape(Shape.of(JOB, Resources.cpus(cpus)), count, LONG);
  }

  private static ProvidedNode node(NodeType type, long id, double free, long idleNanos) {
    var view = new NodeView(new NodeId(id), type.offers(), type.offers().with("cpu", free));
    boolean isIdle = free == type.offers().cpus();
    return new ProvidedNode(
        "node-" + id,
        type,
        0,
        Optional.of(view.withLabels(type.labels())),
        isIdle ? Optional.of(idleNanos) : Optional.empty(),
        State.STAYS);
  }

  private static ProvidedNode with(ProvidedNode node, State state, boolean cordoned) {
    return new ProvidedNode(
        node.handle(),
        node.type(),
        node.startedNanos(),
        node.view().map(view -> view.withCordoned(cordoned)),
        node.idleNanos(),
        state);
  }

  private static ProvidedNode starting(NodeType type, long startedNanos) {
    return new ProvidedNode(
        "starts", type, startedNanos, Optional.empty(), Optional.empty(), State.STAYS);
  }

  private ScalingDecision decide(List<PendingShape> pending, ProvidedNode... provided) {
    return policy.decide(pending, List.of(), List.of(provided), LONG);
  }

  @Test
  void shouldStartAsManyAsTheWorkFillsOfTheTypeThatItFillsBest() {
    assertThat(decide(List.of(pending(1, 8))).start()).containsExactly(SMALL, SMALL);
    assertThat(decide(List.of(pending(10, 2))).start()).containsExactly(LARGE, LARGE);
    assertThat(decide(List.of(pending(3, 2), pending(1, 2))).start()).containsExactly(SMALL, SMALL);
  }

  @Test
  void shouldCountOnWhatIsFreeAndOnWhatHasYetToJoin() {
    assertThat(decide(List.of(pending(1, 8)), node(SMALL, 1, 2, 0), starting(SMALL, LONG)).start())
        .containsExactly(SMALL);
    assertThat(decide(List.of(pending(1, 6)), node(SMALL, 1, 2, 0), starting(SMALL, LONG)).start())
        .isEmpty();
  }

  @Test
  void shouldNotCountOnANodeThatNeverJoined() {
    assertThat(decide(List.of(pending(1, 4)), starting(SMALL, 0)).start()).containsExactly(SMALL);
  }

  @Test
  void shouldStartNothingForWorkThatHasJustBegunToWait() {
    var fresh = new PendingShape(Shape.of(JOB, Resources.cpus(1)), 100, 0);

    assertThat(decide(List.of(fresh)).isNone()).isTrue();
  }

  @Test
  void shouldStartNoMoreThanThereMayBeNorThanAtOnce() {
    assertThat(decide(List.of(pending(10, 50))).start()).containsExactly(LARGE, LARGE, LARGE);
    assertThat(decide(List.of(pending(1, 1000))).start()).hasSize(10).containsOnly(SMALL);
  }

  @Test
  void shouldStartNothingForWhatNoTypeCouldHold() {
    assertThat(decide(List.of(pending(17, 1))).isNone()).isTrue();
  }

  @Test
  void shouldStartNodesThatHaveTheLabelsThatWorkAsksFor() {
    var us =
        new Shape(
            JOB,
            Resources.cpus(1),
            Scheduling.defaults().withRequired(LabelSelector.parse("zone = us")));

    assertThat(decide(List.of(new PendingShape(us, 1, LONG))).start()).containsExactly(LARGE);
  }

  @Test
  void shouldGiveBackWhatHasBeenIdleForLong() {
    ProvidedNode longIdle = node(SMALL, 1, 4, 0);
    ProvidedNode justIdle = node(SMALL, 2, 4, LONG - 1);
    ProvidedNode busy = node(SMALL, 3, 1, 0);

    assertThat(decide(List.of(), longIdle, justIdle, busy).drain()).containsExactly(longIdle);
  }

  @Test
  void shouldKeepAnIdleNodeThatWorkThatWaitsWouldFit() {
    assertThat(decide(List.of(pending(1, 1)), node(SMALL, 1, 4, 0)).isNone()).isTrue();
  }

  @Test
  void shouldHaveTheLeastOfEachTypeAtAnyTime() {
    var least = new NodeType("base", Resources.cpus(2), Map.of(), 2, 4);
    var policy = new ScalingPolicy(List.of(least), ScalingLimits.defaults());

    assertThat(policy.decide(List.of(), List.of(), List.of(), 0).start())
        .containsExactly(least, least);
    List<ProvidedNode> idle =
        List.of(node(least, 1, 2, 0), node(least, 2, 2, 5), node(least, 3, 2, 7));
    assertThat(policy.decide(List.of(), List.of(), idle, LONG).drain())
        .containsExactly(idle.getFirst());
  }

  @Test
  void shouldNotCountOnNodesThatAreCordoned() {
    NodeView cordoned =
        new NodeView(new NodeId(1), Resources.cpus(4), Resources.cpus(4)).withCordoned(true);

    assertThat(policy.decide(List.of(pending(1, 1)), List.of(cordoned), List.of(), LONG).start())
        .containsExactly(SMALL);
  }

  @Test
  void shouldRefuseATypeOfWhichThereMayBeFewerThanThereMust() {
    assertThatThrownBy(() -> new NodeType("odd", Resources.cpus(1), Map.of(), 3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 to 2");
  }

  @Test
  void shouldKeepANodeThatIsAboutToLeaveRatherThanStartOne() {
    ProvidedNode drains = with(node(SMALL, 1, 4, 0), State.DRAINS, true);

    ScalingDecision decision = decide(List.of(pending(1, 6)), drains);

    assertThat(decision.keep()).containsExactly(drains);
    assertThat(decision.start()).containsExactly(SMALL);
    assertThat(decide(List.of(), drains).isNone()).isTrue();
    var fresh = new PendingShape(Shape.of(JOB, Resources.cpus(1)), 1, 0);
    assertThat(decide(List.of(fresh), drains).isNone()).isTrue();
  }

  @Test
  void shouldCountNodesThatLeaveAmongTheMostThereMayBe() {
    var one = new NodeType("one", Resources.cpus(4), Map.of(), 0, 1);
    var policy = new ScalingPolicy(List.of(one), ScalingLimits.defaults());
    ProvidedNode ends = with(node(one, 1, 4, 0), State.ENDS, true);

    assertThat(policy.decide(List.of(pending(1, 1)), List.of(), List.of(ends), LONG).isNone())
        .isTrue();
  }

  @Test
  void shouldGiveBackWhatAnOperatorCordonedOnceItIsIdleAndReplaceItWhereThereAreTooFew() {
    var least = new NodeType("base", Resources.cpus(2), Map.of(), 1, 2);
    var policy = new ScalingPolicy(List.of(least), ScalingLimits.defaults());
    ProvidedNode cordoned = with(node(least, 1, 2, 0), State.STAYS, true);

    ScalingDecision decision = policy.decide(List.of(), List.of(), List.of(cordoned), LONG);

    assertThat(decision.drain()).containsExactly(cordoned);
    assertThat(decision.start()).containsExactly(least);
  }

  @Test
  void shouldStartANodeForEachBundleThatIsToBeApart() {
    var group = new PlacementGroupId(new NodeId(3), 1);
    Shape shape = Shape.of(JOB, Resources.cpus(1));
    var apart = new PendingShape(shape, 3, LONG, Optional.of(group), Set.of(new NodeId(1)));

    assertThat(decide(List.of(apart), node(SMALL, 1, 4, 0), node(SMALL, 2, 4, 0)).start())
        .containsExactly(SMALL, SMALL);
  }

  @Test
  void shouldStartNoNodeWithGpusForWorkThatNeedsNone() {
    var gpu = new NodeType("gpu", Resources.cpus(2).with("gpu", 1), Map.of(), 0, 9);
    var policy = new ScalingPolicy(List.of(gpu, SMALL), ScalingLimits.defaults());
    Shape withGpu = Shape.of(JOB, Resources.cpus(1).with("gpu", 1));

    assertThat(policy.decide(List.of(pending(2, 1)), List.of(), List.of(), LONG).start())
        .containsExactly(SMALL);
    assertThat(
            policy
                .decide(List.of(new PendingShape(withGpu, 1, LONG)), List.of(), List.of(), LONG)
                .start())
        .containsExactly(gpu);
  }

  @Test
  void shouldSayWhichWorkANodeIsFor() {
    assertThat(decide(List.of(pending(3, 1))).starts())
        .containsExactly(new ScalingDecision.Start(SMALL, Optional.of(pending(3, 1))));
  }
}
