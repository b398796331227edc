package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// A process that creates ten thousand actors on two nodes, has one of the nodes die, and says how
/// long it takes until all actors have answered again.
final class ActorFailover {
  private static final int NODES = 2;
  private static final int COUNT = 10_000;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private ActorFailover() {}

  /// An actor that may restart, and counts its calls from then on.
  static final class Survivor extends RemoteActor {
    private int calls;

    int count() {
      return ++calls;
    }
  }

  /// @param arguments the [Plan] as JSON, which of the nodes is to die, and how
  public static void main(String[] arguments) throws Exception {
    var answers = Child.answers();
    Plan plan = Json.read(arguments[0], Plan.class);
    TestBed bed = TestBed.open(plan.mode(), plan.launcher(), NODES);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(bed::close));
    List<ActorHandle<Survivor>> actors = created(bed.manta(), plan.settings().size(COUNT));
    long start = System.nanoTime();
    Death.of(arguments[2]).of(bed.workers().get(Integer.parseInt(arguments[1])));
    int restarted = callUntilAllAnswered(actors);
    answers.println(Json.line(new Death.Survived((System.nanoTime() - start) / 1e9)));
    check(
        restarted > actors.size() / 4 && restarted < actors.size(),
        "some of %d actors restarted and some went on; %d did".formatted(actors.size(), restarted));
    new CountDownLatch(1).await();
  }

  private static List<ActorHandle<Survivor>> created(Manta manta, int count) {
    var actors = new ArrayList<ActorHandle<Survivor>>(count);
    for (int i = 0; i < count; i++) {
      actors.add(manta.actor(Survivor::new).cpus(0).maxRestarts(1).create());
    }
    List<ObjectRef<Integer>> first = actors.stream().map(ActorFailover::call).toList();
    manta.get(first).forEach(calls -> check(calls == 1, "the first call counts 1"));
    return actors;
  }

  private static ObjectRef<Integer> call(ActorHandle<Survivor> actor) {
    return actor.call(Survivor::count);
  }

  /// Calls each until it answers: a call that is under way when the node dies fails.
  ///
  /// @return how many have restarted
  private static int callUntilAllAnswered(List<ActorHandle<Survivor>> actors) {
    long end = System.nanoTime() + LIMIT.toNanos();
    int restarted = 0;
    List<ActorHandle<Survivor>> left = actors;
    while (!left.isEmpty()) {
      List<ObjectRef<Integer>> calls = left.stream().map(ActorFailover::call).toList();
      var again = new ArrayList<ActorHandle<Survivor>>();
      for (int i = 0; i < calls.size(); i++) {
        try {
          int counted = calls.get(i).get(Duration.ofNanos(end - System.nanoTime()));
          restarted += counted == 1 ? 1 : 0;
        } catch (ActorDiedException e) {
          if (System.nanoTime() > end) {
            throw e;
          }
          again.add(left.get(i));
        }
      }
      left = again;
      Launcher.pause(0.001);
    }
    return restarted;
  }
}
