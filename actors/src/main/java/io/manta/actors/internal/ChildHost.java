package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.ActorId;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.core.TaskId;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.ActorSystem;

/// The process of an isolated task as its runtime sees it: whatever it needs of the cluster it asks
/// of its node, over one pipe. It has no actor system, which would take longer to start than all
/// else.
final class ChildHost implements PekkoHost, Cluster {
  private final MantaRuntime runtime;
  private final NodeId node;
  private final ChildPipe pipe;
  private final JobCodecs codecs;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentHashMap<Long, CompletableFuture<ChildMessage.Outcome>> requests =
      new ConcurrentHashMap<>();

  /// @param node whose child this is
  /// @param socket connected to it
  ChildHost(MantaRuntime runtime, NodeId node, Socket socket) {
    this.runtime = runtime;
    this.node = node;
    this.pipe = new ChildPipe(socket, runtime.codec());
    this.codecs = new JobCodecs(runtime);
  }

  /// The codec for a task with jars.
  ValueCodec codec(JobId job, List<Path> jars) {
    return codecs.codec(job, jars, () -> jars);
  }

  ChildPipe pipe() {
    return pipe;
  }

  void answered(ChildMessage.Answer answer) {
    CompletableFuture<ChildMessage.Outcome> request = requests.remove(answer.request());
    if (request != null) {
      request.complete(answer.outcome());
    }
  }

  private CompletableFuture<ChildMessage.Outcome> begin(ChildMessage.Question question) {
    long number = numbers.incrementAndGet();
    var answer = new CompletableFuture<ChildMessage.Outcome>();
    requests.put(number, answer);
    pipe.send(new ChildMessage.Asked(number, question));
    return answer;
  }

  /// Asks the node and waits, through interrupts: the node hears of a cancel itself.
  byte[] ask(ChildMessage.Question question) {
    ChildMessage.Outcome result = begin(question).join();
    if (result.failed()) {
      Throwable failure = runtime.currentCodec().decodeFailure(result.bytes());
      throw failure instanceof MantaException known
          ? Failed.rethrown(known)
          : Failed.bySystem(failure);
    }
    return result.bytes();
  }

  private static Message.Result result(ChildMessage.Outcome outcome) {
    Payload payload =
        outcome.failed() ? Payload.of(outcome.bytes()) : Payload.ofWire(outcome.bytes());
    return new Message.Result(outcome.failed(), payload);
  }

  /// As [#ask], for what is answered by a value.
  Object answer(ChildMessage.Question question) {
    return java.util.Objects.requireNonNull(
        runtime.codec().decode(ask(question)), "an empty answer");
  }

  @Override
  public Submissions submissions() {
    return new ParentClient(runtime, this);
  }

  /// The few messages that a process without a port sends are for its node to answer.
  @Override
  public void send(NodeId to, Message message) {
    switch (message) {
      case Message.FetchObject fetch ->
          begin(new ChildMessage.Fetch(fetch.object()))
              .thenAccept(
                  result ->
                      runtime
                          .objects()
                          .fetched(new Message.ObjectValue(fetch.object(), result(result))));
      case Message.CancelObject cancel ->
          begin(new ChildMessage.Cancel(cancel.object(), cancel.options()));
      // Its tasks come with the files of all their jars.
      case Message.FetchJars fetch ->
          codecs.listed(new Message.JarList(fetch.request(), List.of()));
      case Message.FetchClass fetch ->
          begin(new ChildMessage.FindClass(fetch.job(), fetch.className()))
              .thenAccept(
                  result ->
                      codecs.fetched(
                          new Message.ClassFile(
                              fetch.request(), !result.failed(), result.bytes())));
      default -> {
        // Others concern what this process owns, which is nothing.
      }
    }
  }

  @Override
  public List<NodeInfo> nodes() {
    return ((ChildMessage.NodeList) answer(new ChildMessage.Nodes())).nodes();
  }

  @Override
  public Collection<NodeView> views() {
    return nodes().stream()
        .map(
            info ->
                new NodeView(
                    info.id(),
                    info.total(),
                    info.available(),
                    Resources.NONE,
                    info.labels(),
                    info.shortage(),
                    false,
                    info.cordoned()))
        .toList();
  }

  @Override
  public Optional<String> address() {
    return nodes().stream()
        .filter(info -> info.id().equals(node) && info.address().indexOf(':') > 0)
        .map(info -> "manta://" + info.address())
        .findAny();
  }

  @Override
  public boolean isAlone() {
    return false;
  }

  @Override
  public Collection<NodeId> others() {
    return List.of();
  }

  @Override
  public boolean isAlive(NodeId process) {
    return true;
  }

  @Override
  public boolean isGone(NodeId process) {
    return false;
  }

  @Override
  public JobCodecs codecs() {
    return codecs;
  }

  @Override
  public Cluster cluster() {
    return this;
  }

  @Override
  public ActorSystem actors() {
    throw ParentClient.unsupported("an actor system");
  }

  @Override
  public boolean dropWaiting(TaskId task) {
    return false;
  }

  @Override
  public void reclaim() {}

  @Override
  public void receive(NodeId from, Message message) {}

  @Override
  public void startInSlot(SlotId slot, ActorCell cell) {}

  @Override
  public void locateSlot(SlotId slot) {}

  @Override
  public void slotFound(SlotId slot) {}

  @Override
  public void demand(Shape shape) {}

  @Override
  public CompletionStage<ActorId> claimName(String name, ActorId actor) {
    throw ParentClient.unsupported("to create an actor");
  }

  @Override
  public void claimNameAgain(String name, ActorId actor) {
    throw ParentClient.unsupported("to create an actor");
  }

  @Override
  public void releaseName(String name, ActorId actor) {}

  @Override
  public CompletionStage<Optional<ActorId>> findName(String name) {
    var found = (ChildMessage.Found) answer(new ChildMessage.Find(name));
    return CompletableFuture.completedStage(found.actor());
  }

  @Override
  public ClusterRecords records(String space) {
    throw ParentClient.unsupported("to read records of the cluster");
  }

  @Override
  public void leave() {}

  @Override
  public void changed() {}

  @Override
  public void close() {
    pipe.close();
  }
}
