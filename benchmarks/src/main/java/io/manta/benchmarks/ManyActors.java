package io.manta.benchmarks;

import static io.manta.benchmarks.CoreCases.checked;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.benchmarks.CoreCases.Server;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// A process that creates many actors, calls each, and says what heap one takes when idle. At the
/// end it calls all again.
final class ManyActors {
  private static final int AT_A_TIME = 10_000;

  private ManyActors() {}

  /// The answer.
  record Done(double bytesEach) {}

  /// @param arguments the [Plan] as JSON, and how many actors
  public static void main(String[] arguments) throws Exception {
    var answers = Child.answers();
    Plan plan = Json.read(arguments[0], Plan.class);
    TestBed bed = TestBed.open(plan.mode(), plan.launcher(), 1);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(bed::close));
    Manta manta = bed.manta();
    ActorCases.called(manta, 1);
    double before = Measure.settledHeap();
    int count = plan.settings().size(Integer.parseInt(arguments[1]));
    int atATime = Math.min(AT_A_TIME, count);
    var servers = new ArrayList<List<ActorHandle<Server>>>();
    for (int made = 0; made < count; made += atATime) {
      servers.add(ActorCases.called(manta, atATime));
    }
    double taken = Measure.settledHeap() - before;
    for (List<ActorHandle<Server>> some : servers) {
      checked(manta.get(some.stream().map(server -> server.call(Server::noOp)).toList()));
    }
    answers.println(Json.line(new Done(taken / count)));
    new CountDownLatch(1).await();
  }
}
