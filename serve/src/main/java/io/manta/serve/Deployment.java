package io.manta.serve;

import io.manta.core.DataSize;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A handler to serve and how: a name, what makes the handler, and options. Immutable: each setter
/// gives another deployment.
///
/// ```java
/// var classifier =
///     Deployment.of("classifier", TextClassifier::new).replicas(2).gpus(0.5).route("/classify");
/// try (var app = Serve.run(manta, classifier)) {
///   System.out.println(app.url());
/// }
/// ```
public final class Deployment<I extends @Nullable Object, O extends @Nullable Object> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private final String name;
  private final RemoteCallable<? extends Handler<I, O>> constructor;
  private final Optional<String> requestType;
  private final DeploymentOptions options;

  private Deployment(
      String name,
      RemoteCallable<? extends Handler<I, O>> constructor,
      Optional<String> requestType,
      DeploymentOptions options) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "name '"
              + name
              + "' of a deployment must be 1 to 63 letters, digits, dots, hyphens or underscores"
              + " and begin with a letter or digit");
    }
    this.name = name;
    this.constructor = constructor;
    this.requestType = requestType;
    this.options = options;
  }

  /// A deployment of a handler whose class says what it takes.
  ///
  /// The type of requests is what the handler's class gives for `I`. A class that does not say,
  /// such as that of a lambda, gets a Jackson `JsonNode`; give its type by [#of(String, Class,
  /// RemoteCallable)].
  ///
  /// @param constructor makes the handler where the replica lives, again at each restart
  public static <I extends @Nullable Object, O extends @Nullable Object> Deployment<I, O> of(
      String name, RemoteCallable<? extends Handler<I, O>> constructor) {
    return new Deployment<>(name, constructor, Optional.empty(), DeploymentOptions.defaults());
  }

  /// As [#of(String, RemoteCallable)] with the type of requests, for lambdas.
  public static <I, O extends @Nullable Object> Deployment<I, O> of(
      String name, Class<I> requestType, RemoteCallable<? extends Handler<I, O>> constructor) {
    return new Deployment<>(
        name, constructor, Optional.of(requestType.getName()), DeploymentOptions.defaults());
  }

  public Deployment<I, O> replicas(int count) {
    return with(options.withReplicas(count));
  }

  /// Held by each replica while it lives. Without any resource set, a replica needs 1 cpu to start
  /// and none after.
  public Deployment<I, O> cpus(double amount) {
    return resource(Resources.CPU, amount);
  }

  public Deployment<I, O> gpus(double amount) {
    return resource(Resources.GPU, amount);
  }

  /// For scheduling only: the amount is accounted for, not enforced. Written like `4GiB`.
  public Deployment<I, O> memory(String size) {
    return resource(Resources.MEMORY, DataSize.parse(size).bytes());
  }

  /// Sets an amount of a resource by name, held by each replica while it lives.
  public Deployment<I, O> resource(String resource, double amount) {
    return with(
        options.withResources(options.resources().orElse(Resources.NONE).with(resource, amount)));
  }

  /// Requests that run at the same time in a replica.
  public Deployment<I, O> maxOngoing(int requests) {
    return with(options.withMaxOngoing(requests));
  }

  /// Requests that wait for a replica, on each node that takes them in, before the next is refused
  /// with 503.
  public Deployment<I, O> maxQueued(int requests) {
    return with(options.withMaxQueued(requests));
  }

  /// Time from taking a request in to its answer; when it is over the caller sees 504.
  public Deployment<I, O> timeout(Duration value) {
    return with(options.withTimeout(value));
  }

  /// Path prefix that leads here on every node: `/classify` takes `/classify` and all below it.
  /// Where prefixes nest, the longest one wins. `/` and the deployment's name by default.
  public Deployment<I, O> route(String prefix) {
    return with(options.withRoute(prefix));
  }

  /// Declares that a request may run more than once: one whose replica died is tried again on
  /// another within its time. Otherwise it is answered with 503.
  public Deployment<I, O> idempotent() {
    return with(options.withIdempotent(true));
  }

  /// Largest body of a request, written like `20MiB`; larger ones see 413.
  public Deployment<I, O> maxBody(String size) {
    return with(options.withMaxBody(DataSize.parse(size)));
  }

  /// How long [Serve#run] waits for the replicas to answer.
  public Deployment<I, O> startTimeout(Duration value) {
    return with(options.withStartTimeout(value));
  }

  public String name() {
    return name;
  }

  public RemoteCallable<? extends Handler<I, O>> constructor() {
    return constructor;
  }

  /// The name of the class of requests where it was given.
  public Optional<String> requestType() {
    return requestType;
  }

  public DeploymentOptions options() {
    return options;
  }

  /// The path prefix, given or by default.
  public String route() {
    return options.route().orElse("/" + name);
  }

  private Deployment<I, O> with(DeploymentOptions changed) {
    return new Deployment<>(name, constructor, requestType, changed);
  }

  @Override
  public String toString() {
    return "deployment '" + name + "' at " + route();
  }
}
