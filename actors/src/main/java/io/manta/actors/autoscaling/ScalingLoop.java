package io.manta.actors.autoscaling;

import io.manta.actors.autoscaling.ScalingEvent.Kind;
import io.manta.core.Backoff;
import io.manta.core.ClusterDemand;
import io.manta.core.IdleNode;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.NodeType;
import io.manta.core.ResourceDemand;
import io.manta.core.Resources;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import io.manta.scheduler.autoscaling.PendingShape;
import io.manta.scheduler.autoscaling.ProvidedNode;
import io.manta.scheduler.autoscaling.ProvidedNode.State;
import io.manta.scheduler.autoscaling.ScalingDecision;
import io.manta.scheduler.autoscaling.ScalingLimits;
import io.manta.scheduler.autoscaling.ScalingPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One step after the other of an autoscaler: what the policy decides is done, with what the
/// cluster and the provider say now. Of one thread at a time.
final class ScalingLoop {
  private static final Logger LOG = LoggerFactory.getLogger(ScalingLoop.class);
  private static final Backoff AGAIN = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));

  /// Whose work it is makes no difference here.
  private static final JobId NO_JOB = new JobId(new NodeId(0));

  /// More time than that between two steps is time in which this process was stopped: others may
  /// have come and gone.
  private static final long MOST_STEP_NANOS = Duration.ofSeconds(10).toNanos();

  /// After how many steps work that was not seen again is no more.
  private static final int FORGET_STEPS = 3;

  /// What becomes of a node.
  private static final class Member {
    private final String id;
    private final NodeType type;
    private State state = State.STAYS;
    private Optional<NodeInfo> node = Optional.empty();

    /// Whether its provider has listed it.
    private boolean listed;

    private boolean joined;

    /// Whether it was cordoned by somebody else before it drained.
    private boolean foreign;

    /// For how long it has not been in the cluster.
    private long missingNanos;

    /// For how long it drains or ends.
    private long leavingNanos;

    /// How often in a row its provider could not stop it.
    private int failedStops;

    Member(String id, NodeType type) {
      this.id = id;
      this.type = type;
    }

    void is(State next) {
      state = next;
      leavingNanos = 0;
    }

    ProvidedNode view(Map<NodeId, Long> idleSince, long now) {
      return new ProvidedNode(
          id,
          type,
          now - missingNanos,
          node.map(ScalingLoop::view),
          node.map(info -> idleSince.get(info.id())),
          state == State.DRAINS && foreign ? State.ENDS : state);
    }

    @Override
    public String toString() {
      return node.map(info -> id + " (" + info.id() + ")").orElse(id);
    }
  }

  /// How often nodes of a type could not be had in a row.
  private static final class Failures {
    private int count;
    private long untilNanos;
  }

  /// When work was seen first, and in which step last.
  private record Seen(long firstNanos, long step) {}

  private final ClusterAccess cluster;
  private final NodeProvider provider;
  private final AutoscalerConfig config;
  private final Consumer<? super ScalingEvent> listener;
  private final ScalingLimits limits;
  private final Map<String, NodeType> types;
  private final Map<String, Member> members = new LinkedHashMap<>();
  private final Map<NodeType, Failures> failures = new HashMap<>();
  private final Map<Shape, Seen> seen = new HashMap<>();
  private final Set<String> told = new HashSet<>();
  private @Nullable Long lastNanos;
  private long steps;

  ScalingLoop(
      ClusterAccess cluster,
      NodeProvider provider,
      AutoscalerConfig config,
      Consumer<? super ScalingEvent> listener) {
    this.cluster = cluster;
    this.provider = provider;
    this.config = config;
    this.listener = event -> tell(listener, event);
    this.limits =
        new ScalingLimits(
            config.patience(), config.idleTimeout(), config.startTimeout(), config.mostAtOnce());
    this.types =
        config.types().stream().collect(Collectors.toMap(NodeType::name, Function.identity()));
  }

  private static NodeView view(NodeInfo info) {
    return new NodeView(
        info.id(),
        info.total(),
        info.available(),
        Resources.NONE,
        info.labels(),
        info.shortage(),
        false,
        info.cordoned());
  }

  /// @param demand as it was after the step before
  /// @param now as of [System#nanoTime]
  void step(ClusterDemand demand, long now) {
    steps++;
    long before = lastNanos == null ? now : lastNanos;
    lastNanos = now;
    long elapsed = Math.min(MOST_STEP_NANOS, now - before);
    List<NodeInfo> nodes = cluster.nodes();
    if (nodes.isEmpty()) {
      onceTold("cluster", "no node of the cluster is heard of; nothing is done until one is");
      return;
    }
    told.remove("cluster");
    List<NodeProvider.Instance> listed;
    try {
      listed = provider.list();
    } catch (RuntimeException e) {
      onceTold("list", "the provider can't list its nodes: " + text(e));
      return;
    }
    told.remove("list");
    follow(listed, nodes, elapsed, now);
    act(decide(demand, nodes, now), now);
    endEmpty(demand.idle());
  }

  // What is there

  private void follow(
      List<NodeProvider.Instance> listed, List<NodeInfo> nodes, long elapsed, long now) {
    Map<String, NodeInfo> byAddress =
        nodes.stream()
            .collect(Collectors.toMap(NodeInfo::address, Function.identity(), (one, two) -> two));
    var ids = new HashSet<String>();
    for (NodeProvider.Instance instance : listed) {
      ids.add(instance.id());
      Member member = members.computeIfAbsent(instance.id(), id -> adopted(instance));
      member.listed = true;
      if (instance.failure().isPresent() && member.state != State.ENDS) {
        failed(member.type, Optional.of(member.toString()), instance.failure().get(), now);
        stop(member);
      } else {
        place(member, instance.address().map(byAddress::get), elapsed, now);
      }
    }
    for (Member member : List.copyOf(members.values())) {
      member.leavingNanos += member.state == State.STAYS ? 0 : elapsed;
      if (!ids.contains(member.id)) {
        unlisted(member, elapsed, now);
      }
      giveUpLate(member, now);
    }
  }

  private Member adopted(NodeProvider.Instance instance) {
    // of a type that is none any more: there are too many of it
    NodeType type =
        types.getOrDefault(
            instance.type(), new NodeType(instance.type(), Resources.NONE, Map.of(), 0, 0));
    var member = new Member(instance.id(), type);
    tell(Kind.ADOPTS, member, "its provider lists it");
    return member;
  }

  private void place(Member member, Optional<NodeInfo> node, long elapsed, long now) {
    member.node = node;
    if (node.isEmpty()) {
      member.missingNanos += elapsed;
      return;
    }
    if (!member.joined && member.state != State.ENDS) {
      joined(member, node.get(), now);
    }
    member.missingNanos = 0;
  }

  private void joined(Member member, NodeInfo node, long now) {
    member.joined = true;
    tell(Kind.JOINED, member, "after " + text(Duration.ofNanos(member.missingNanos)));
    Resources offers = member.type.offers();
    if (node.total().cover(offers)) {
      failures.remove(member.type);
    } else {
      // what it was started for may not fit, and would have more and more of them started
      String why = "it offers %s, and its type %s".formatted(node.total(), offers);
      failed(member.type, Optional.of(member.toString()), why, now);
    }
  }

  /// It ended, or its provider has not yet heard of it.
  private void unlisted(Member member, long elapsed, long now) {
    if (member.listed) {
      members.remove(member.id);
      tell(Kind.GONE, member, member.state == State.ENDS ? "it was stopped" : "it ended by itself");
    } else {
      place(member, Optional.empty(), elapsed, now);
    }
  }

  /// Neither one that never joined nor one that is stuck is counted on for ever.
  private void giveUpLate(Member member, long now) {
    long limit = config.startTimeout().toNanos();
    if (member.state == State.ENDS) {
      if (member.failedStops > 0) {
        if (member.leavingNanos > AGAIN.delay(member.failedStops, 1).toNanos()) {
          stop(member);
        }
      } else if (member.leavingNanos > limit) {
        tell(Kind.FAILED, member, "it has not ended within " + text(config.startTimeout()));
        stop(member);
      }
    } else if (member.missingNanos > limit) {
      String what =
          member.joined ? "it is not in the cluster any more, for " : "did not join within ";
      failed(member.type, Optional.of(member.id), what + text(config.startTimeout()), now);
      stop(member);
    }
    if (!member.listed && member.state == State.ENDS) {
      members.remove(member.id); // its provider never heard of it
    }
  }

  // What is to be done

  private ScalingDecision decide(ClusterDemand demand, List<NodeInfo> nodes, long now) {
    Map<NodeId, Long> idleSince =
        demand.idle().stream()
            .collect(
                Collectors.toMap(IdleNode::node, idle -> now - idle.idle().toNanos(), Math::max));
    Set<NodeId> provided =
        members.values().stream()
            .flatMap(member -> member.node.stream())
            .map(NodeInfo::id)
            .collect(Collectors.toSet());
    List<NodeView> others =
        nodes.stream()
            .filter(node -> !provided.contains(node.id()))
            .map(ScalingLoop::view)
            .toList();
    List<NodeType> possible = config.types().stream().filter(type -> mayStart(type, now)).toList();
    return new ScalingPolicy(possible, limits)
        .decide(
            pending(demand.waiting(), now),
            others,
            members.values().stream().map(member -> member.view(idleSince, now)).toList(),
            now);
  }

  private boolean mayStart(NodeType type, long now) {
    Failures failed = failures.get(type);
    return failed == null || now - failed.untilNanos >= 0;
  }

  /// Work counts as waiting since it was seen first: an actor that is sent from node to node begins
  /// anew at each.
  private List<PendingShape> pending(List<ResourceDemand> waiting, long now) {
    var pending = new ArrayList<PendingShape>();
    for (ResourceDemand demand : waiting) {
      var shape = new Shape(NO_JOB, demand.resources(), demand.scheduling());
      Seen before = seen.get(shape);
      long first = before == null ? now : before.firstNanos;
      seen.put(shape, new Seen(first, steps));
      pending.add(
          new PendingShape(
              shape,
              demand.count(),
              Math.max(demand.waited().toNanos(), now - first),
              demand.apart(),
              demand.except()));
    }
    seen.values().removeIf(last -> steps - last.step >= FORGET_STEPS);
    return pending;
  }

  private void act(ScalingDecision decision, long now) {
    decision.keep().forEach(node -> keep(node.handle(), "work waits that it could take"));
    for (ScalingDecision.Start start : decision.starts()) {
      if (mayStart(start.type(), now)) {
        start(start, now);
      }
    }
    for (ProvidedNode node : decision.drain()) {
      long idle = now - node.idleNanos().orElse(now);
      Member member = members.get(node.handle());
      if (member != null) {
        drain(member, "idle for " + text(Duration.ofNanos(idle)));
      }
    }
  }

  private void start(ScalingDecision.Start start, long now) {
    NodeType type = start.type();
    String id;
    try {
      id = provider.start(type);
    } catch (RuntimeException e) {
      failed(type, Optional.empty(), "can't be started: " + text(e), now);
      return;
    }
    var member = new Member(id, type);
    members.put(id, member);
    tell(Kind.STARTS, member, start.work().map(ScalingLoop::text).orElse("there are too few"));
  }

  private static String text(PendingShape work) {
    return "%d × %s, has waited %s"
        .formatted(work.count(), work.shape(), text(Duration.ofNanos(work.waitedNanos())));
  }

  private void failed(NodeType type, Optional<String> node, String why, long now) {
    Failures failed = failures.computeIfAbsent(type, first -> new Failures());
    failed.count++;
    Duration delay = AGAIN.delay(failed.count, 1);
    failed.untilNanos = now + delay.toNanos();
    listener.accept(
        new ScalingEvent(
            Kind.FAILED,
            node,
            Optional.of(type.name()),
            why + "; no other is started for " + text(delay)));
  }

  /// It takes nothing more. In the next step it says whether it is empty.
  private void drain(Member member, String why) {
    if (member.node.isEmpty()) {
      return;
    }
    member.is(State.DRAINS);
    member.foreign = member.node.get().cordoned();
    tell(Kind.DRAINS, member, why);
    drainAgain(member);
  }

  private void drainAgain(Member member) {
    try {
      member.node.ifPresent(info -> cluster.drain(info.id()));
    } catch (RuntimeException e) {
      tell(Kind.FAILED, member, "can't be drained, which is tried again: " + text(e));
    }
  }

  private void keep(String id, String why) {
    Member member = members.get(id);
    if (member == null || member.node.isEmpty()) {
      return;
    }
    try {
      if (!member.foreign) {
        cluster.uncordon(member.node.get().id());
      }
      member.is(State.STAYS);
      tell(Kind.KEEPS, member, why);
    } catch (RuntimeException e) {
      tell(Kind.FAILED, member, "can't take work again, which is tried again: " + text(e));
    }
  }

  /// Stops what drains and is empty, one after the other, and keeps what is not empty for long.
  ///
  /// @param idle as it was after those that drain were told to take nothing more
  private void endEmpty(List<IdleNode> idle) {
    Set<NodeId> empty = idle.stream().map(IdleNode::node).collect(Collectors.toSet());
    for (Member member : List.copyOf(members.values())) {
      if (member.state != State.DRAINS || member.node.isEmpty() || member.leavingNanos == 0) {
        continue; // in this step it was told, or it has left by itself
      }
      NodeInfo node = member.node.get();
      if (empty.contains(node.id()) && node.cordoned()) {
        if (members.values().stream().noneMatch(ScalingLoop::leaves)) {
          stop(member, "nothing is on it");
        }
      } else if (member.leavingNanos >= config.drainTimeout().toNanos()) {
        keep(
            member.id,
            "it is still in use, %s after it was to leave"
                .formatted(text(Duration.ofNanos(member.leavingNanos))));
      } else {
        drainAgain(member);
      }
    }
  }

  /// Whether it is about to end, and others may need what it has until then.
  private static boolean leaves(Member member) {
    return member.state == State.ENDS && member.node.isPresent() && member.failedStops == 0;
  }

  private void stop(Member member, String why) {
    tell(Kind.STOPS, member, why);
    stop(member);
  }

  private void stop(Member member) {
    member.is(State.ENDS);
    try {
      provider.stop(member.id);
      member.failedStops = 0;
    } catch (RuntimeException e) {
      member.failedStops++;
      tell(
          Kind.FAILED,
          member,
          "can't be stopped, which is tried again in %s: %s"
              .formatted(text(AGAIN.delay(member.failedStops, 1)), text(e)));
    }
  }

  // What is told

  private static void tell(Consumer<? super ScalingEvent> listener, ScalingEvent event) {
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      LOG.warn("a listener failed that was told: {}", event, e);
    }
  }

  private void tell(Kind kind, Member member, String why) {
    listener.accept(
        new ScalingEvent(
            kind, Optional.of(member.toString()), Optional.of(member.type.name()), why));
  }

  /// Not in each step again.
  private void onceTold(String key, String why) {
    if (told.add(key)) {
      listener.accept(new ScalingEvent(Kind.FAILED, Optional.empty(), Optional.empty(), why));
    }
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message;
  }

  private static String text(Duration duration) {
    long millis = duration.toMillis();
    return millis < 10_000 ? "%.1f s".formatted(millis / 1e3) : Math.round(millis / 1e3) + " s";
  }
}
