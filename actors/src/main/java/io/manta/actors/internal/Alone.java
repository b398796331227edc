package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.SlotId;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;

/// The cluster of an embedded node: itself.
final class Alone implements Cluster {
  private final MantaRuntime runtime;
  private final JobCodecs codecs;
  private final List<ActorRef> slots;
  private final ConcurrentHashMap<String, ActorId> names = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, ClusterRecords> records = new ConcurrentHashMap<>();

  Alone(MantaRuntime runtime, ActorSystem system) {
    this.runtime = runtime;
    this.codecs = new JobCodecs(runtime);
    this.slots =
        IntStream.range(0, SlotId.PER_NODE)
            .mapToObj(index -> system.actorOf(SlotActor.props(runtime), "slot-" + index))
            .toList();
  }

  @Override
  public boolean isAlone() {
    return true;
  }

  @Override
  public Collection<NodeView> views() {
    var ledger = runtime.admission().ledger();
    return List.of(
        new NodeView(
            runtime.id(),
            ledger.total(),
            ledger.available(),
            runtime.admission().settled(),
            runtime.labels(),
            runtime.memory().shortage(),
            false,
            runtime.state().isCordoned()));
  }

  @Override
  public List<NodeInfo> nodes() {
    var ledger = runtime.admission().ledger();
    return List.of(
        new NodeInfo(
            runtime.id(),
            "embedded",
            ledger.total().plain(),
            ledger.available().plain(),
            runtime.objects().usage(),
            runtime.labels(),
            runtime.memory().shortage(),
            runtime.state().isCordoned()));
  }

  @Override
  public Collection<NodeId> others() {
    return List.of();
  }

  @Override
  public boolean isAlive(NodeId process) {
    return process.equals(runtime.id());
  }

  @Override
  public boolean isGone(NodeId process) {
    return !isAlive(process);
  }

  @Override
  public Optional<String> address() {
    return Optional.empty();
  }

  @Override
  public void send(NodeId to, Message message) {
    if (to.equals(runtime.id())) {
      runtime.receive(to, message);
    }
  }

  @Override
  public void startInSlot(SlotId slot, ActorCell cell) {
    slots.get(slot.index()).tell(cell, ActorRef.noSender());
  }

  @Override
  public void locateSlot(SlotId slot) {
    runtime.receive(runtime.id(), new Message.SlotAt(slot, runtime.id()));
  }

  @Override
  public CompletionStage<ActorId> claimName(String name, ActorId actor) {
    ActorId holder = names.putIfAbsent(name, actor);
    return CompletableFuture.completedStage(holder == null ? actor : holder);
  }

  @Override
  public void claimNameAgain(String name, ActorId actor) {
    // Nothing is forgotten here.
  }

  @Override
  public void releaseName(String name, ActorId actor) {
    names.remove(name, actor);
  }

  @Override
  public CompletionStage<Optional<ActorId>> findName(String name) {
    return CompletableFuture.completedStage(Optional.ofNullable(names.get(name)));
  }

  @Override
  public void slotFound(SlotId slot) {}

  @Override
  public void demand(Shape shape) {}

  @Override
  public JobCodecs codecs() {
    return codecs;
  }

  @Override
  public ClusterRecords records(String space) {
    return records.computeIfAbsent(space, name -> new LocalRecords());
  }

  @Override
  public void leave() {}

  @Override
  public void changed() {}

  @Override
  public void close() {}
}
