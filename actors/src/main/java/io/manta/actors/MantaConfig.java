package io.manta.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import io.manta.actors.internal.Addresses;
import io.manta.actors.internal.GpuDetection;
import io.manta.core.ConfigurationException;
import io.manta.core.DataSize;
import io.manta.core.LabelSelector;
import io.manta.core.Resources;
import io.manta.core.RuntimeEnvironment;
import io.manta.objects.security.SecurityFolder;
import io.manta.objects.store.StoreConfig;
import io.manta.sharding.ClusterSystem;
import io.manta.sharding.HttpsEngines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;

/// The settings of a node or driver. Later sources win: defaults, the file `manta.conf` in the
/// working folder (or the one that MANTA_CONFIG names), environment variables (`MANTA_HTTP_PORT`
/// for `http-port`), flags, code. A key that is not known is an error that suggests the right one.
///
/// @param resources what the node offers. Keys `cpus` (the JVM's processors), `gpus` (0; [#load]
///   finds those that there are), `memory` (the maximum heap), `resources` (custom ones,
///   `licence=1,tpu=2`)
/// @param labels what is true of the node, for work that asks where it runs: `zone=eu,disk=ssd`
/// @param host address to bind (`127.0.0.1`), by which others reach this process. One that other
///   machines reach needs `security`
/// @param port where nodes and drivers connect; 0 takes any free one. Without it and without
///   `addresses` the node is embedded and opens no port
/// @param bindHost address to bind where others reach this process at another, as in a container or
///   behind a proxy; connections to others leave from it, too (`host`)
/// @param bindPort port to bind where others reach this process at another (`port`). A driver takes
///   any free port unless this is set; then `port` is where nodes reach it
/// @param addresses `manta://host:port` of nodes to join or connect to
/// @param newCluster found a new cluster even where peers of an old one are remembered (false)
/// @param httpPort port of the HTTP front. When it is not set, 8000, or any free one where 8000 is
///   taken
/// @param httpHost address that the HTTP front binds: `host` by default, but loopback where other
///   machines reach that. One that they reach is served by HTTPS, with the certificate of
///   `security`
/// @param httpPlain whether it is plain HTTP there all the same, for a proxy that does TLS before
///   it (false)
/// @param security folder with the cluster's certificates and token, see [ClusterAuthority]. With
///   it all connections of nodes and drivers are mutual TLS, on loopback too
/// @param stateFolder where a node remembers its peers, so that it finds them after a restart;
///   nothing is kept without it
/// @param joinTimeout how long to try to reach a cluster (15 s)
/// @param driverGrace how long a driver may be out of reach before its work is cancelled (60 s)
/// @param infeasibleWarning when to warn of pending work that no node could ever run (5 s)
/// @param infeasibleTimeout when such work fails (60 s)
/// @param spinWarning when to name work that declares no cpu and yet holds one without a pause (1
///   s)
/// @param slowCallWarning when to name an actor's call that still runs, and keeps later ones
///   waiting (30 s)
/// @param namespace of the names of actors that this process creates and looks for, unless they say
///   another (`default`)
/// @param jobQuota the most that this process's own job may have in use at a time in the whole
///   cluster, of the resources that it names (no quota): `cpu=8,memory=16GiB,tokens=2`
/// @param serializationPackages packages, each with those below, whose classes may be in values and
///   closures; all when none is named. The JDK's values and Manta's own always may
/// @param store the object store of the host. Keys `object-store-folder`, `object-store-memory`,
///   `spill-folder`, `spill-quota`, `spill-threshold`; see [StoreConfig]
/// @param memoryLimits when memory is short. Keys `memory-check`, `memory-admission`,
///   `memory-threshold`; see [MemoryLimits]
/// @param lineageLimit what this process keeps at most so that lost values can be made again: so
///   much for the closures of tasks that are over, and as much for what only these refer to and
///   that can't be made again itself (an eighth of the maximum heap)
/// @param pendingLimit what tasks that wait, and what those captured that are not over, may take of
///   this process's heap before who submits more has to wait (a quarter of the maximum heap)
/// @param isolatedProcesses how many processes a node has for isolated tasks, not counting those
///   whose task waits for a value (16)
/// @param isolatedIdle how long one of them is kept for the next task of its job (60 s)
/// @param taskLogs whether what tasks log is sent to the driver, too (true)
/// @param durableStore where durable actors keep their state: `embedded`, in the nodes themselves,
///   or the address of a store that a module provides
/// @param durableCopies how many nodes keep each change of the embedded store before it counts (2);
///   as many as the cluster has where these are fewer
/// @param durableTimeout how long to try to keep a change, or to take a state over (10 s)
/// @param environment what the tasks of this process's job find where they run; set in code only
/// @param time what drives the timers of actors; the system's clock by default; set in code only,
///   by tests
public record MantaConfig(
    Resources resources,
    Map<String, String> labels,
    String host,
    OptionalInt port,
    Optional<String> bindHost,
    OptionalInt bindPort,
    List<String> addresses,
    boolean newCluster,
    OptionalInt httpPort,
    Optional<String> httpHost,
    boolean httpPlain,
    Optional<Path> security,
    Optional<Path> stateFolder,
    Duration joinTimeout,
    Duration driverGrace,
    Duration infeasibleWarning,
    Duration infeasibleTimeout,
    Duration spinWarning,
    Duration slowCallWarning,
    String namespace,
    Resources jobQuota,
    Set<String> serializationPackages,
    StoreConfig store,
    MemoryLimits memoryLimits,
    DataSize lineageLimit,
    DataSize pendingLimit,
    int isolatedProcesses,
    Duration isolatedIdle,
    boolean taskLogs,
    String durableStore,
    int durableCopies,
    Duration durableTimeout,
    RuntimeEnvironment environment,
    Optional<TimeSource> time) {
  /// The `durable-store` that each node has.
  public static final String EMBEDDED_STORE = "embedded";

  /// As many gpus as there are.
  private static final String AUTO = "auto";

  /// The namespace of actors' names where none is set.
  public static final String DEFAULT_NAMESPACE = "default";

  /// Environment variables with the prefix that are no settings.
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "MANTA_CONFIG",
          "MANTA_ADDRESS",
          "MANTA_HOME",
          "MANTA_JAVA_OPTS",
          "MANTA_JAVA",
          "MANTA_CLASS_PATH",
          "MANTA_DURABLE_USER",
          "MANTA_DURABLE_PASSWORD",
          "MANTA_MODE");

  private static final String DEFAULT_HOST = "127.0.0.1";

  private static final Map<String, BiFunction<MantaConfig, String, MantaConfig>> KEYS = keys();

  public MantaConfig {
    labels = LabelSelector.checked(labels);
    addresses = List.copyOf(addresses);
    serializationPackages = Set.copyOf(serializationPackages);
    checkPort("port", port);
    checkPort("bind-port", bindPort);
    checkPort("http-port", httpPort);
    Addresses.requireOne("host", host);
    httpHost.ifPresent(address -> checkText("http-host", address));
    if (namespace.isBlank()) {
      throw new ConfigurationException(
          "namespace is empty; the default one is " + DEFAULT_NAMESPACE);
    }
    if (isolatedProcesses < 1) {
      throw new ConfigurationException(
          "isolated-processes of " + isolatedProcesses + " must be 1 or more");
    }
    if (pendingLimit.bytes() < 1) {
      throw new ConfigurationException(
          "pending-limit of 0 bytes lets no task be submitted; it is a quarter of the heap by default");
    }
    if (durableCopies < 1) {
      throw new ConfigurationException("durable-copies of " + durableCopies + " must be 1 or more");
    }
    if (durableTimeout.compareTo(Duration.ofMillis(1)) < 0) {
      throw new ConfigurationException(
          "durable-timeout of " + durableTimeout.toMillis() + "ms must be 1ms or more");
    }
    if (durableStore.isBlank()) {
      throw new ConfigurationException(
          "durable-store is empty; it is 'embedded', or the address of another store");
    }
  }

  private static void checkText(String key, String text) {
    if (text.isBlank()) {
      throw new ConfigurationException(key + " is empty; leave it out, or name an address");
    }
  }

  private static void checkPort(String key, OptionalInt port) {
    if (port.isPresent() && (port.getAsInt() < 0 || port.getAsInt() > 65535)) {
      throw new ConfigurationException(
          key + " of " + port.getAsInt() + " is not between 0 and 65535");
    }
  }

  /// An embedded node with the cores and the heap of this JVM; no file or variable is read.
  public static MantaConfig defaults() {
    var runtime = Runtime.getRuntime();
    return new MantaConfig(
        Resources.cpus(runtime.availableProcessors()).with(Resources.MEMORY, runtime.maxMemory()),
        Map.of(),
        DEFAULT_HOST,
        OptionalInt.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        List.of(),
        false,
        OptionalInt.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        Duration.ofSeconds(15),
        Duration.ofSeconds(60),
        Duration.ofSeconds(5),
        Duration.ofSeconds(60),
        Duration.ofSeconds(1),
        Duration.ofSeconds(30),
        DEFAULT_NAMESPACE,
        Resources.NONE,
        Set.of(),
        StoreConfig.defaults(),
        MemoryLimits.defaults(),
        new DataSize(runtime.maxMemory() / 8),
        new DataSize(runtime.maxMemory() / 4),
        16,
        Duration.ofSeconds(60),
        true,
        EMBEDDED_STORE,
        2,
        Duration.ofSeconds(10),
        RuntimeEnvironment.empty(),
        Optional.empty());
  }

  /// Defaults and the gpus of this machine, then the file, then the environment.
  public static MantaConfig load() {
    return load(Path.of(""), System.getenv());
  }

  static MantaConfig load(Path folder, Map<String, String> environment) {
    MantaConfig config = defaults();
    config = file(folder, environment).map(config::withFile).orElse(config);
    for (var variable : variables(environment).entrySet()) {
      String name = variable.getKey();
      config = config.withSetting(key(name), variable.getValue(), "environment variable " + name);
    }
    return given(folder, environment).contains("gpus")
        ? config
        : config.withSetting("gpus", AUTO, "the default");
  }

  /// The folder of this user's nodes on this machine: `MANTA_HOME`, by default `~/.manta`, where
  /// `~` is what a shell takes for it: `HOME`, else the user's entry in the system's list.
  public static Path home() {
    return home(System.getenv());
  }

  static Path home(Map<String, String> environment) {
    String named = environment.getOrDefault("MANTA_HOME", "");
    String user = environment.getOrDefault("HOME", "");
    if (!named.isBlank()) {
      return Path.of(named).toAbsolutePath();
    }
    return Path.of(user.isBlank() ? System.getProperty("user.home") : user, ".manta")
        .toAbsolutePath();
  }

  /// The settings for which [#load] does not take the default, since the file or the environment
  /// gives them.
  public static Set<String> given() {
    return given(Path.of(""), System.getenv());
  }

  static Set<String> given(Path folder, Map<String, String> environment) {
    var given = new TreeSet<String>();
    variables(environment).keySet().forEach(name -> given.add(key(name)));
    file(folder, environment).ifPresent(file -> given.addAll(parsed(file).root().keySet()));
    return Set.copyOf(given);
  }

  private static Optional<Path> file(Path folder, Map<String, String> environment) {
    Optional<String> named = Optional.ofNullable(environment.get("MANTA_CONFIG"));
    Path file = named.map(Path::of).orElse(folder.resolve("manta.conf"));
    if (Files.exists(file)) {
      return Optional.of(file);
    }
    if (named.isPresent()) {
      throw new ConfigurationException("MANTA_CONFIG names " + file + ", which does not exist");
    }
    return Optional.empty();
  }

  /// Those that are settings.
  private static Map<String, String> variables(Map<String, String> environment) {
    var variables = new TreeMap<>(environment);
    variables
        .keySet()
        .removeIf(name -> !name.startsWith("MANTA_") || OTHER_VARIABLES.contains(name));
    return variables;
  }

  private static String key(String variable) {
    return variable.substring("MANTA_".length()).toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// These with the settings of a file in HOCON, a superset of JSON: `cpus = 4`, one a line.
  public MantaConfig withFile(Path file) {
    Config parsed = parsed(file);
    MantaConfig config = this;
    for (var entry : new TreeMap<>(parsed.root()).entrySet()) {
      String key = entry.getKey();
      String text;
      if (entry.getValue().valueType() == ConfigValueType.OBJECT) {
        var pairs = new ArrayList<String>();
        parsed
            .getConfig(ConfigUtil.quoteString(key))
            .root()
            .unwrapped()
            .forEach((name, amount) -> pairs.add(name + "=" + amount));
        text = String.join(",", pairs);
      } else if (entry.getValue().valueType() == ConfigValueType.LIST) {
        text = String.join(",", parsed.getStringList(ConfigUtil.quoteString(key)));
      } else {
        text = parsed.getString(ConfigUtil.quoteString(key));
      }
      config = config.withSetting(key, text, file.toString());
    }
    return config;
  }

  private static Config parsed(Path file) {
    try {
      return ConfigFactory.parseFile(file.toFile()).resolve();
    } catch (ConfigException e) {
      throw new ConfigurationException(file + " can't be read: " + e.getMessage(), e);
    }
  }

  /// These with one setting by key.
  ///
  /// @param source where it was given, for the error; an option of a command begins with `--`
  /// @throws ConfigurationException when the key is unknown, with a suggestion, or the value is
  ///   wrong
  public MantaConfig withSetting(String key, String value, String source) {
    var setter = KEYS.get(key);
    if (setter == null) {
      throw new ConfigurationException(
          "unknown setting '" + key + "' in " + source + Suggestions.of(key, KEYS.keySet()));
    }
    try {
      return setter.apply(this, value.strip());
    } catch (IllegalArgumentException e) {
      String setting =
          source.startsWith("--") ? source + " " + value : key + " = '" + value + "' in " + source;
      throw new ConfigurationException(setting + ": " + e.getMessage(), e);
    } catch (ConfigurationException e) {
      throw new ConfigurationException(e.getMessage() + " (" + source + ")", e);
    }
  }

  /// The names of all settings, sorted.
  public static Set<String> settings() {
    return KEYS.keySet();
  }

  private static Map<String, BiFunction<MantaConfig, String, MantaConfig>> keys() {
    var keys = new TreeMap<String, BiFunction<MantaConfig, String, MantaConfig>>();
    keys.put("cpus", (config, text) -> config.withCpus(number(text)));
    keys.put("gpus", (config, text) -> config.withResource(Resources.GPU, gpus(text)));
    keys.put("memory", (config, text) -> config.withMemory(DataSize.parse(text)));
    keys.put("resources", MantaConfig::withCustomResources);
    keys.put("labels", (config, text) -> config.withLabels(pairs(text, "key=value")));
    keys.put(
        "memory-check",
        (config, text) ->
            config.withMemoryLimits(config.memoryLimits.withInterval(duration(text))));
    keys.put(
        "memory-admission",
        (config, text) -> config.withMemoryLimits(config.memoryLimits.withAdmission(number(text))));
    keys.put(
        "memory-threshold",
        (config, text) -> config.withMemoryLimits(config.memoryLimits.withThreshold(number(text))));
    keys.put("host", MantaConfig::withHost);
    keys.put("port", (config, text) -> config.withPort(integer(text)));
    keys.put("bind-host", MantaConfig::withBindHost);
    keys.put("bind-port", (config, text) -> config.withBindPort(integer(text)));
    keys.put("addresses", (config, text) -> config.withAddresses(list(text)));
    keys.put("new-cluster", (config, text) -> config.withNewCluster(bool(text)));
    keys.put("http-port", (config, text) -> config.withHttpPort(integer(text)));
    keys.put("http-host", MantaConfig::withHttpHost);
    keys.put("http-plain", (config, text) -> config.withHttpPlain(bool(text)));
    keys.put("security", (config, text) -> config.withSecurity(Path.of(text)));
    keys.put("state-folder", (config, text) -> config.withStateFolder(Path.of(text)));
    keys.put("durable-store", MantaConfig::withDurableStore);
    keys.put("durable-copies", (config, text) -> config.withDurableCopies(integer(text)));
    keys.put("durable-timeout", (config, text) -> config.withDurableTimeout(duration(text)));
    keys.put("join-timeout", (config, text) -> config.withJoinTimeout(duration(text)));
    keys.put("driver-grace", (config, text) -> config.withDriverGrace(duration(text)));
    keys.put("infeasible-warning", (config, text) -> config.withInfeasibleWarning(duration(text)));
    keys.put(
        "object-store-folder",
        (config, text) -> config.withStore(config.store.withFolder(Path.of(text))));
    keys.put(
        "object-store-memory",
        (config, text) -> config.withStore(config.store.withCapacity(DataSize.parse(text))));
    keys.put(
        "spill-folder",
        (config, text) -> config.withStore(config.store.withSpillFolder(Path.of(text))));
    keys.put(
        "spill-quota",
        (config, text) -> config.withStore(config.store.withSpillQuota(DataSize.parse(text))));
    keys.put(
        "spill-threshold",
        (config, text) -> config.withStore(config.store.withSpillThreshold(number(text))));
    keys.put("infeasible-timeout", (config, text) -> config.withInfeasibleTimeout(duration(text)));
    keys.put(
        "serialization-packages",
        (config, text) -> config.withSerializationPackages(Set.copyOf(list(text))));
    keys.put("slow-call-warning", (config, text) -> config.withSlowCallWarning(duration(text)));
    keys.put("namespace", MantaConfig::withNamespace);
    keys.put("job-quota", (config, text) -> config.withJobQuota(quota(text)));
    keys.put("spin-warning", (config, text) -> config.withSpinWarning(duration(text)));
    keys.put("lineage-limit", (config, text) -> config.withLineageLimit(DataSize.parse(text)));
    keys.put("pending-limit", (config, text) -> config.withPendingLimit(DataSize.parse(text)));
    keys.put("isolated-processes", (config, text) -> config.withIsolatedProcesses(integer(text)));
    keys.put("isolated-idle", (config, text) -> config.withIsolatedIdle(duration(text)));
    keys.put("task-logs", (config, text) -> config.withTaskLogs(bool(text)));
    return keys;
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a number", e);
    }
  }

  private static int integer(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a whole number", e);
    }
  }

  private static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "on", "yes" -> true;
      case "false", "off", "no" -> false;
      default -> throw new IllegalArgumentException("neither true nor false");
    };
  }

  private static double gpus(String text) {
    return text.strip().equals(AUTO)
        ? new GpuDetection().find().map(GpuDetection.Found::count).orElse(0)
        : number(text);
  }

  private static Duration duration(String text) {
    try {
      return ConfigFactory.parseMap(Map.of("value", text)).getDuration("value");
    } catch (ConfigException e) {
      throw new IllegalArgumentException("not a duration; write it like 500ms, 5s or 2m", e);
    }
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private MantaConfig withCustomResources(String text) {
    MantaConfig config = this;
    for (var pair : pairs(text, "name=amount").entrySet()) {
      config = config.withResource(pair.getKey(), number(pair.getValue()));
    }
    return config;
  }

  private static Resources quota(String text) {
    Resources quota = Resources.NONE;
    for (var pair : pairs(text, "name=amount").entrySet()) {
      String name = pair.getKey();
      double amount =
          name.equals(Resources.MEMORY)
              ? DataSize.parse(pair.getValue()).bytes()
              : number(pair.getValue());
      if (amount == 0) {
        throw new IllegalArgumentException(
            "0 of '" + name + "' can't be a quota: give more, or leave it out for no limit");
      }
      if (Set.of("cpus", "gpus").contains(name)) {
        throw new IllegalArgumentException(
            "the name of the resource is '%s', not '%s'"
                .formatted(name.substring(0, name.length() - 1), name));
      }
      quota = quota.with(name, amount);
    }
    return quota;
  }

  /// @param form of each, for the error
  private static Map<String, String> pairs(String text, String form) {
    var pairs = new LinkedHashMap<String, String>();
    for (String pair : list(text)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("'" + pair + "' is not of the form " + form);
      }
      pairs.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
    }
    return pairs;
  }

  /// Settings that are being changed.
  private static final class Draft {
    private Resources resources;
    private Map<String, String> labels;
    private String host;
    private OptionalInt port;
    private Optional<String> bindHost;
    private OptionalInt bindPort;
    private List<String> addresses;
    private boolean newCluster;
    private OptionalInt httpPort;
    private Optional<String> httpHost;
    private boolean httpPlain;
    private Optional<Path> security;
    private Optional<Path> stateFolder;
    private Duration joinTimeout;
    private Duration driverGrace;
    private Duration infeasibleWarning;
    private Duration infeasibleTimeout;
    private Duration spinWarning;
    private Duration slowCallWarning;
    private String namespace;
    private Resources jobQuota;
    private Set<String> serializationPackages;
    private StoreConfig store;
    private MemoryLimits memoryLimits;
    private DataSize lineageLimit;
    private DataSize pendingLimit;
    private int isolatedProcesses;
    private Duration isolatedIdle;
    private boolean taskLogs;
    private String durableStore;
    private int durableCopies;
    private Duration durableTimeout;
    private RuntimeEnvironment environment;
    private Optional<TimeSource> time;

    Draft(MantaConfig from) {
      resources = from.resources;
      labels = from.labels;
      host = from.host;
      port = from.port;
      bindHost = from.bindHost;
      bindPort = from.bindPort;
      addresses = from.addresses;
      newCluster = from.newCluster;
      httpPort = from.httpPort;
      httpHost = from.httpHost;
      httpPlain = from.httpPlain;
      security = from.security;
      stateFolder = from.stateFolder;
      joinTimeout = from.joinTimeout;
      driverGrace = from.driverGrace;
      infeasibleWarning = from.infeasibleWarning;
      infeasibleTimeout = from.infeasibleTimeout;
      spinWarning = from.spinWarning;
      slowCallWarning = from.slowCallWarning;
      namespace = from.namespace;
      jobQuota = from.jobQuota;
      serializationPackages = from.serializationPackages;
      store = from.store;
      memoryLimits = from.memoryLimits;
      lineageLimit = from.lineageLimit;
      pendingLimit = from.pendingLimit;
      isolatedProcesses = from.isolatedProcesses;
      isolatedIdle = from.isolatedIdle;
      taskLogs = from.taskLogs;
      durableStore = from.durableStore;
      durableCopies = from.durableCopies;
      durableTimeout = from.durableTimeout;
      environment = from.environment;
      time = from.time;
    }

    MantaConfig finished() {
      return new MantaConfig(
          resources,
          labels,
          host,
          port,
          bindHost,
          bindPort,
          addresses,
          newCluster,
          httpPort,
          httpHost,
          httpPlain,
          security,
          stateFolder,
          joinTimeout,
          driverGrace,
          infeasibleWarning,
          infeasibleTimeout,
          spinWarning,
          slowCallWarning,
          namespace,
          jobQuota,
          serializationPackages,
          store,
          memoryLimits,
          lineageLimit,
          pendingLimit,
          isolatedProcesses,
          isolatedIdle,
          taskLogs,
          durableStore,
          durableCopies,
          durableTimeout,
          environment,
          time);
    }
  }

  private MantaConfig with(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  public MantaConfig withCpus(double amount) {
    return withResource(Resources.CPU, amount);
  }

  public MantaConfig withMemory(DataSize size) {
    return withResource(Resources.MEMORY, size.bytes());
  }

  public MantaConfig withResource(String name, double amount) {
    return withResources(resources.with(name, amount));
  }

  public MantaConfig withResources(Resources value) {
    return with(draft -> draft.resources = value);
  }

  /// @throws IllegalArgumentException naming a key or a value that can't be one
  public MantaConfig withLabels(Map<String, String> value) {
    return with(draft -> draft.labels = value);
  }

  public MantaConfig withHost(String value) {
    return with(draft -> draft.host = value);
  }

  public MantaConfig withPort(int value) {
    return with(draft -> draft.port = OptionalInt.of(value));
  }

  public MantaConfig withBindHost(String value) {
    return with(draft -> draft.bindHost = Optional.of(value));
  }

  public MantaConfig withBindPort(int value) {
    return with(draft -> draft.bindPort = OptionalInt.of(value));
  }

  /// What is bound is where others reach it: for a driver beside a node that has settings of its
  /// own.
  public MantaConfig withoutBinding() {
    return with(
        draft -> {
          draft.bindHost = Optional.empty();
          draft.bindPort = OptionalInt.empty();
        });
  }

  public MantaConfig withAddresses(List<String> value) {
    return with(draft -> draft.addresses = value);
  }

  public MantaConfig withNewCluster(boolean value) {
    return with(draft -> draft.newCluster = value);
  }

  public MantaConfig withHttpPort(int value) {
    return with(draft -> draft.httpPort = OptionalInt.of(value));
  }

  public MantaConfig withHttpHost(String value) {
    return with(draft -> draft.httpHost = Optional.of(value));
  }

  public MantaConfig withHttpPlain(boolean value) {
    return with(draft -> draft.httpPlain = value);
  }

  public MantaConfig withSecurity(Path value) {
    return with(draft -> draft.security = Optional.of(value));
  }

  /// These as a node or driver takes them: one whose peers are on other machines binds the address
  /// from which it reaches them, unless one was chosen.
  ///
  /// @throws ConfigurationException when other machines would reach it without having to show who
  ///   they are
  public MantaConfig safe() {
    return Addresses.safe(this);
  }

  /// The address that the HTTP front binds.
  ///
  /// @throws ConfigurationException when other machines reach it by plain HTTP, and that was not
  ///   asked for
  public String httpAddress() {
    String address = httpHost.orElse(ClusterSystem.isLoopback(host) ? host : DEFAULT_HOST);
    if (!ClusterSystem.isLoopback(address) && security.isEmpty() && !httpPlain) {
      throw new ConfigurationException(
          "http-host '%s' is reached by other machines, which needs HTTPS: name a 'security' folder (made by 'manta cluster init'), or set http-plain where a proxy does TLS"
              .formatted(address));
    }
    return address;
  }

  /// Makes the engines of HTTPS, one for each connection; empty where the front is plain HTTP.
  ///
  /// @throws ConfigurationException as [#httpAddress], or where `security` has no certificate
  public Optional<Supplier<SSLEngine>> https() {
    return httpPlain || ClusterSystem.isLoopback(httpAddress())
        ? Optional.empty()
        : security.map(SecurityFolder::open).map(HttpsEngines::new);
  }

  public MantaConfig withStateFolder(Path value) {
    return with(draft -> draft.stateFolder = Optional.of(value));
  }

  public MantaConfig withJoinTimeout(Duration value) {
    return with(draft -> draft.joinTimeout = value);
  }

  public MantaConfig withDriverGrace(Duration value) {
    return with(draft -> draft.driverGrace = value);
  }

  public MantaConfig withInfeasibleWarning(Duration value) {
    return with(draft -> draft.infeasibleWarning = value);
  }

  public MantaConfig withInfeasibleTimeout(Duration value) {
    return with(draft -> draft.infeasibleTimeout = value);
  }

  public MantaConfig withSpinWarning(Duration value) {
    return with(draft -> draft.spinWarning = value);
  }

  public MantaConfig withSlowCallWarning(Duration value) {
    return with(draft -> draft.slowCallWarning = value);
  }

  public MantaConfig withNamespace(String value) {
    return with(draft -> draft.namespace = value);
  }

  public MantaConfig withJobQuota(Resources value) {
    return with(draft -> draft.jobQuota = value);
  }

  public MantaConfig withTime(TimeSource value) {
    return with(draft -> draft.time = Optional.of(value));
  }

  public MantaConfig withStore(StoreConfig value) {
    return with(draft -> draft.store = value);
  }

  public MantaConfig withMemoryLimits(MemoryLimits value) {
    return with(draft -> draft.memoryLimits = value);
  }

  public MantaConfig withSerializationPackages(Set<String> value) {
    return with(draft -> draft.serializationPackages = value);
  }

  public MantaConfig withLineageLimit(DataSize value) {
    return with(draft -> draft.lineageLimit = value);
  }

  public MantaConfig withPendingLimit(DataSize value) {
    return with(draft -> draft.pendingLimit = value);
  }

  public MantaConfig withIsolatedProcesses(int value) {
    return with(draft -> draft.isolatedProcesses = value);
  }

  public MantaConfig withIsolatedIdle(Duration value) {
    return with(draft -> draft.isolatedIdle = value);
  }

  public MantaConfig withTaskLogs(boolean value) {
    return with(draft -> draft.taskLogs = value);
  }

  public MantaConfig withDurableStore(String value) {
    return with(draft -> draft.durableStore = value);
  }

  public MantaConfig withDurableCopies(int value) {
    return with(draft -> draft.durableCopies = value);
  }

  public MantaConfig withDurableTimeout(Duration value) {
    return with(draft -> draft.durableTimeout = value);
  }

  public MantaConfig withEnvironment(RuntimeEnvironment value) {
    return with(draft -> draft.environment = value);
  }

  private static String joined(Map<String, String> pairs) {
    return new TreeMap<>(pairs)
        .entrySet().stream()
            .map(pair -> pair.getKey() + "=" + pair.getValue())
            .collect(Collectors.joining(","));
  }

  private static String text(Resources quota) {
    return quota.names().stream()
        .map(
            name ->
                name.equals(Resources.MEMORY)
                    ? name + "=" + quota.memory().bytes()
                    : name + "=" + quota.amount(name))
        .collect(Collectors.joining(","));
  }

  /// All settings by key as text, sorted: what another process needs to be set the same.
  public Map<String, String> toSettings() {
    var custom = new ArrayList<String>();
    resources
        .toMap()
        .forEach(
            (name, amount) -> {
              if (!Set.of(Resources.CPU, Resources.GPU, Resources.MEMORY).contains(name)) {
                custom.add(name + "=" + amount);
              }
            });
    var settings = new LinkedHashMap<String, String>();
    settings.put("addresses", String.join(",", addresses));
    bindHost.ifPresent(value -> settings.put("bind-host", value));
    bindPort.ifPresent(value -> settings.put("bind-port", Integer.toString(value)));
    settings.put("cpus", Double.toString(resources.cpus()));
    settings.put("driver-grace", driverGrace.toMillis() + "ms");
    settings.put("durable-copies", Integer.toString(durableCopies));
    settings.put("durable-store", durableStore);
    settings.put("durable-timeout", durableTimeout.toMillis() + "ms");
    settings.put("gpus", Double.toString(resources.gpus()));
    settings.put("host", host);
    httpHost.ifPresent(value -> settings.put("http-host", value));
    settings.put("http-plain", Boolean.toString(httpPlain));
    httpPort.ifPresent(value -> settings.put("http-port", Integer.toString(value)));
    settings.put("infeasible-timeout", infeasibleTimeout.toMillis() + "ms");
    settings.put("infeasible-warning", infeasibleWarning.toMillis() + "ms");
    settings.put("isolated-idle", isolatedIdle.toMillis() + "ms");
    settings.put("isolated-processes", Integer.toString(isolatedProcesses));
    settings.put("job-quota", text(jobQuota));
    settings.put("join-timeout", joinTimeout.toMillis() + "ms");
    settings.put("labels", joined(labels));
    settings.put("lineage-limit", Long.toString(lineageLimit.bytes()));
    settings.put("memory", Long.toString(resources.memory().bytes()));
    settings.put("memory-admission", Double.toString(memoryLimits.admission()));
    settings.put("memory-check", memoryLimits.interval().toMillis() + "ms");
    settings.put("memory-threshold", Double.toString(memoryLimits.threshold()));
    settings.put("namespace", namespace);
    settings.put("new-cluster", Boolean.toString(newCluster));
    settings.put("object-store-folder", store.folder().toString());
    store
        .capacity()
        .ifPresent(value -> settings.put("object-store-memory", Long.toString(value.bytes())));
    settings.put("pending-limit", Long.toString(pendingLimit.bytes()));
    port.ifPresent(value -> settings.put("port", Integer.toString(value)));
    settings.put("resources", String.join(",", custom));
    security.ifPresent(value -> settings.put("security", value.toAbsolutePath().toString()));
    settings.put("serialization-packages", String.join(",", new TreeSet<>(serializationPackages)));
    settings.put("slow-call-warning", slowCallWarning.toMillis() + "ms");
    settings.put("spin-warning", spinWarning.toMillis() + "ms");
    settings.put("spill-folder", store.spillFolder().toString());
    store
        .spillQuota()
        .ifPresent(value -> settings.put("spill-quota", Long.toString(value.bytes())));
    settings.put("spill-threshold", Double.toString(store.spillThreshold()));
    stateFolder.ifPresent(value -> settings.put("state-folder", value.toString()));
    settings.put("task-logs", Boolean.toString(taskLogs));
    return settings;
  }
}
