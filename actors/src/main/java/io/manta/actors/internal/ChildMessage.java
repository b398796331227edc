package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.JobId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectId;
import io.manta.core.TaskContext;
import io.manta.objects.Failures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.event.Level;

/// What a node and the process of an isolated task tell each other. Values and closures of users
/// are payloads in their wire form here, encoded for their job.
sealed interface ChildMessage {
  /// How a question or task ended: with a value, or with an encoded failure.
  record Outcome(boolean failed, byte[] bytes) {
    static Outcome of(Throwable failure) {
      return new Outcome(true, Failures.encode(failure));
    }

    static Outcome of(Payload value) {
      return new Outcome(false, value.toWire());
    }
  }

  // To the child

  /// Run a task; the child runs one at a time.
  ///
  /// @param jars of the job and of the task, on this machine
  /// @param incarnation why the body makes an actor, which stays and asks for its calls; none for a
  ///   task
  record Run(
      TaskContext context,
      byte[] body,
      Optional<byte[]> startUp,
      List<Path> jars,
      Optional<Incarnation> incarnation)
      implements ChildMessage {}

  /// @param reason why the one before it ended
  record Incarnation(ActorId actor, int number, String reason) {}

  /// @param call the number of the actor's call that is meant, from 1; 0 for a task
  record Interrupt(long call) implements ChildMessage {}

  /// The wait that the task began last can never end.
  record BreakWait(String reason) implements ChildMessage {}

  record Answer(long request, Outcome outcome) implements ChildMessage {}

  // From the child

  /// The first: it is up.
  record Ready() implements ChildMessage {}

  record Done(Outcome outcome) implements ChildMessage {}

  /// A line for the log of the task.
  record Line(Level level, String text) implements ChildMessage {}

  /// To be answered; in the name of the task that runs.
  record Asked(long request, Question question) implements ChildMessage {}

  /// What a child asks.
  sealed interface Question {}

  /// Gives the id of a ref.
  record Submit(byte[] options, Closure closure) implements Question {}

  /// Gives the id of a ref; of none when nobody waits for the answer.
  record Call(ActorId actor, String group, Closure method, boolean answered) implements Question {}

  /// Gives the ids of the refs.
  record Split(int count, byte[] options, Closure closure) implements Question {}

  record ObjectIds(List<ObjectId> ids) {}

  /// Gives the id of the actor.
  record Create(byte[] options, Closure constructor) implements Question {}

  record Kill(ActorId actor) implements Question {}

  /// Gives the [Found].
  record Find(String name) implements Question {}

  record Found(Optional<ActorId> actor) {}

  /// Gives the id of a ref.
  record Put(byte[] value) implements Question {}

  /// Gives the value.
  record Fetch(ObjectId object) implements Question {}

  record Cancel(ObjectId object, io.manta.core.CancelOptions options) implements Question {}

  /// The task begins to wait: of a ref, when it is for one and for as long as it takes.
  record BeginWait(Optional<ObjectId> object) implements Question {}

  /// Answered once the task has its resources again.
  record EndWait() implements Question {}

  /// Gives the class's file.
  record FindClass(JobId job, String name) implements Question {}

  /// A generator's next value; answered once it may go on.
  record Give(byte[] value) implements Question {}

  /// Of an actor: its next call, answered when there is one, with a [Next].
  ///
  /// @param previous how the call before it ended; none at first, when the actor has started
  record NextCall(Optional<Outcome> previous) implements Question {}

  /// The call, encoded for its job; none when the actor is to stop.
  record Next(Optional<JobId> job, byte[] call) {}

  /// Of an actor: it wants to end, after the calls that wait or without them.
  record End(boolean withoutWaiting) implements Question {}

  /// Gives the [NodeList].
  record Nodes() implements Question {}

  record NodeList(List<NodeInfo> nodes) {}

  /// A closure, with the refs that it depends on.
  record Closure(String name, byte[] bytes, List<ObjectId> refs) {}
}
