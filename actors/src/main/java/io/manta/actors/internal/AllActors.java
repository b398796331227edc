package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.ClusterDemand;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.IdleNode;
import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.core.PendingWork;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.ResourceDemand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongFunction;

/// What is asked of every process about the actors it owns and calls, and the placement groups that
/// it places. One that does not answer in time is left out.
final class AllActors {
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  /// It is looked each second or so: one that stands still is not waited for each time.
  private static final Duration DEMAND_DEADLINE = Duration.ofSeconds(1);

  private static final Duration MOVES_DEADLINE = Duration.ofMinutes(5);

  /// So many actors at least of those that it calls are told of by a process.
  private static final int MOST_CALLED = 10_000;

  private final MantaRuntime runtime;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentHashMap<Long, Asked> asked = new ConcurrentHashMap<>();

  private record Asked(NodeId process, CompletableFuture<Message> answer) {
    void processGone() {
      answer.completeExceptionally(
          new ClusterUnavailableException(process + " ended before it answered"));
    }
  }

  AllActors(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  private <A> CompletableFuture<List<A>> askAll(
      LongFunction<Message> question, Function<Message, A> read, Duration deadline) {
    List<CompletableFuture<Message>> answers =
        runtime.cluster().others().stream().map(other -> ask(other, question, deadline)).toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .handle(
            (all, failure) ->
                answers.stream()
                    .filter(answer -> !answer.isCompletedExceptionally())
                    .map(answer -> read.apply(answer.join()))
                    .toList());
  }

  /// Asks one process.
  CompletableFuture<Message> ask(
      NodeId process, LongFunction<Message> question, Duration deadline) {
    long number = numbers.incrementAndGet();
    var answer = new CompletableFuture<Message>();
    asked.put(number, new Asked(process, answer));
    answer.orTimeout(Math.max(1, deadline.toMillis()), TimeUnit.MILLISECONDS);
    answer.whenComplete((message, failure) -> asked.remove(number));
    runtime.cluster().send(process, question.apply(number));
    if (runtime.cluster().isGone(process)) {
      processGone(process); // since it was looked for
    }
    return answer;
  }

  /// It will not answer.
  void processGone(NodeId process) {
    asked.values().stream().filter(one -> one.process.equals(process)).forEach(Asked::processGone);
  }

  void answered(long request, Message answer) {
    Asked waiting = asked.get(request);
    if (waiting != null) {
      waiting.answer.complete(answer);
    }
  }

  /// Has every process even its actors out.
  ///
  /// @return done with how many were moved
  CompletableFuture<Integer> rebalance() {
    return move(Optional.empty(), MOVES_DEADLINE);
  }

  /// Has every process move its actors away from a node, as far as there is room.
  ///
  /// @return done with how many were moved
  CompletableFuture<Integer> moveAway(NodeId node, Duration deadline) {
    return move(Optional.of(node), deadline);
  }

  private CompletableFuture<Integer> move(Optional<NodeId> from, Duration deadline) {
    CompletableFuture<Integer> own =
        runtime
            .actors()
            .owned()
            .moves()
            .move(from)
            .completeOnTimeout(0, Math.max(1, deadline.toMillis()), TimeUnit.MILLISECONDS);
    return askAll(
            number -> new Message.Rebalance(number, from),
            answer -> (Message.Rebalanced) answer,
            deadline)
        .thenCombine(
            own,
            (others, moved) -> moved + others.stream().mapToInt(Message.Rebalanced::moved).sum());
  }

  void rebalanceHere(NodeId asker, Message.Rebalance message) {
    runtime
        .actors()
        .owned()
        .moves()
        .move(message.from())
        .thenAccept(
            moved ->
                runtime.cluster().send(asker, new Message.Rebalanced(message.request(), moved)));
  }

  /// What waits for resources, longest first.
  List<PendingWork> pending() {
    var all = new ArrayList<>(new Pending(runtime).list());
    askAll(Message.ListPending::new, answer -> ((Message.PendingList) answer).pending(), DEADLINE)
        .join()
        .forEach(all::addAll);
    all.sort(Comparator.comparing(PendingWork::waited).reversed());
    return all;
  }

  Message.PendingList pendingHere(long request) {
    return new Message.PendingList(request, new Pending(runtime).list());
  }

  /// What waits for room, and which nodes are idle.
  ///
  /// @param types of nodes that the one who asks could start
  ClusterDemand demand(List<NodeType> types) {
    runtime.supply().told(runtime.id(), types);
    var told = new HashMap<NodeId, Message.DemandTold>();
    told.put(runtime.id(), demandHere(0));
    List<CompletableFuture<?>> answers = new ArrayList<>();
    for (NodeId other : runtime.cluster().others()) {
      answers.add(
          ask(other, number -> new Message.AskDemand(number, types), DEMAND_DEADLINE)
              .handle(
                  (answer, failure) -> {
                    if (answer instanceof Message.DemandTold demand) {
                      synchronized (told) {
                        told.put(other, demand);
                      }
                    }
                    return true;
                  }));
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new)).join();
    synchronized (told) {
      return new ClusterDemand(
          told.values().stream()
              .flatMap(demand -> demand.waiting().stream())
              .sorted(Comparator.comparing(ResourceDemand::waited).reversed())
              .toList(),
          told.entrySet().stream()
              .flatMap(
                  node ->
                      node.getValue().idle().stream()
                          .map(idle -> new IdleNode(node.getKey(), idle)))
              .sorted(Comparator.comparing(IdleNode::idle).reversed())
              .toList());
    }
  }

  void demandHere(NodeId asker, Message.AskDemand message) {
    runtime.supply().told(asker, message.types());
    runtime.cluster().send(asker, demandHere(message.request()));
  }

  private Message.DemandTold demandHere(long request) {
    return new Message.DemandTold(
        request, new Pending(runtime).demand(), runtime.idleness().idle());
  }

  /// @param limit of actors of each process
  List<ActorInfo> list(int limit) {
    var owned = new ArrayList<>(runtime.actors().owned().infos(limit));
    var called = new HashMap<ActorId, Integer>();
    List<Message.ActorList> others =
        askAll(
                number -> new Message.ListActors(number, limit),
                answer -> (Message.ActorList) answer,
                DEADLINE)
            .join();
    count(calledHere(limit), called);
    for (Message.ActorList other : others) {
      owned.addAll(other.owned());
      count(other.called(), called);
    }
    return owned.stream()
        .limit(limit)
        .map(actor -> actor.withPendingCalls(called.getOrDefault(actor.id(), 0)))
        .toList();
  }

  /// Those of other processes.
  List<List<PlacementGroupInfo>> groups() {
    return askAll(
            Message.ListGroups::new, answer -> ((Message.GroupList) answer).groups(), DEADLINE)
        .join();
  }

  private static void count(List<Message.CalledActor> more, Map<ActorId, Integer> called) {
    more.forEach(one -> called.merge(one.actor(), one.pendingCalls(), Integer::sum));
  }

  private List<Message.CalledActor> calledHere(int limit) {
    return runtime.actors().clients().all().stream()
        .map(client -> new Message.CalledActor(client.id(), client.pendingCalls()))
        .filter(called -> called.pendingCalls() > 0)
        .limit(Math.max(limit, MOST_CALLED))
        .toList();
  }

  void listHere(NodeId asker, Message.ListActors message) {
    runtime
        .cluster()
        .send(
            asker,
            new Message.ActorList(
                message.request(),
                runtime.actors().owned().infos(message.limit()),
                calledHere(message.limit())));
  }
}
