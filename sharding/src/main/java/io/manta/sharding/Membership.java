package io.manta.sharding;

import io.manta.core.NodeId;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/// Turns Pekko's member events into nodes that come and go. A node's id is its role.
final class Membership extends AbstractActor {
  private final MembershipListener listener;
  private final Cluster cluster = Cluster.get(getContext().getSystem());

  /// Whether this node is no member any more. Pekko says then that all others left, which is true
  /// for this node alone: its drivers must not hear it.
  private boolean removed;

  Membership(MembershipListener listener) {
    this.listener = listener;
  }

  @Override
  public void preStart() {
    cluster.subscribe(
        getSelf(),
        ClusterEvent.initialStateAsEvents(),
        ClusterEvent.MemberEvent.class,
        ClusterEvent.getClusterShuttingDownInstance().getClass());
  }

  @Override
  public void postStop() {
    cluster.unsubscribe(getSelf());
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .matchEquals(ClusterEvent.getClusterShuttingDownInstance(), event -> removed = true)
        .match(ClusterEvent.MemberUp.class, event -> joined(event.member()))
        .match(ClusterEvent.MemberDowned.class, event -> left(event.member(), "it does not answer"))
        .match(ClusterEvent.MemberExited.class, event -> left(event.member(), "it left"))
        .match(
            ClusterEvent.MemberRemoved.class,
            event ->
                left(
                    event.member(),
                    event.previousStatus() == MemberStatus.down()
                        ? "it does not answer"
                        : "it left"))
        .build();
  }

  private void joined(Member member) {
    listener.joined(id(member), hostPort(member));
  }

  static String hostPort(Member member) {
    var at = member.address();
    return at.getHost().orElse("") + ":" + at.getPort().orElse(0);
  }

  private void left(Member member, String reason) {
    if (!removed && !member.uniqueAddress().equals(cluster.selfUniqueAddress())) {
      listener.left(id(member), reason);
    }
  }

  static NodeId id(Member member) {
    return member.getRoles().stream()
        .filter(role -> role.startsWith("node-"))
        .map(NodeId::parse)
        .findAny()
        .orElseThrow(() -> new IllegalStateException(member + " carries no node id"));
  }
}
