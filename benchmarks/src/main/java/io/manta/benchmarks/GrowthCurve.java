package io.manta.benchmarks;

import io.manta.core.Resources;
import io.manta.scheduler.simulation.Simulation;
import io.manta.scheduler.simulation.SimulationReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;

/// How scheduling grows with the cluster, by its simulation: for each node of one cpu a thousand
/// tasks of a second, all submitted at once by one driver. Prints a table and draws what is in it:
/// `bin/manta java io.manta.benchmarks.GrowthCurve docs/images`.
public final class GrowthCurve {
  private static final List<Integer> NODES = List.of(10, 30, 100, 300, 1000);
  private static final int TASKS_PER_NODE = 1000;
  private static final Duration TASK = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofHours(2);
  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;

  /// @param took seconds of this machine
  private record Point(SimulationReport report, double took) {
    int nodes() {
      return report.nodes();
    }
  }

  private GrowthCurve() {}

  /// @param arguments the folder of the pictures; none are drawn without
  public static void main(String[] arguments) throws IOException {
    System.setProperty("java.awt.headless", "true");
    var points = new ArrayList<Point>();
    System.out.println(
        """
        | Nodes | Tasks | Utilisation | Longest wait beyond an even one | Leases/s | Router requests/s, each node | Slots refused on stale views | Statuses/s, each process | Takes |
        |---|---|---|---|---|---|---|---|---|""");
    for (int nodes : NODES) {
      Point point = simulated(nodes);
      points.add(point);
      System.out.println(row(point));
    }
    if (arguments.length > 0) {
      draw(Files.createDirectories(Path.of(arguments[0])), points);
    }
  }

  private static Point simulated(int nodes) {
    long start = System.nanoTime();
    var simulation = new Simulation(1).nodes(nodes, Resources.cpus(1));
    simulation.driver().submit(Duration.ZERO, nodes * TASKS_PER_NODE, Resources.cpus(1), TASK);
    SimulationReport report = simulation.run(LIMIT);
    BenchCase.check(report.pending() == 0, "all tasks are done: " + report);
    return new Point(report, (System.nanoTime() - start) / 1e9);
  }

  private static String row(Point point) {
    SimulationReport report = point.report;
    double even = TASK.toSeconds() * (TASKS_PER_NODE - 1.0);
    return String.format(
        Locale.ROOT,
        "| %,d | %,d | %.2f %% | %.2f s | %,.0f | %.3f | %.1f %% | %,.0f | %.1f s |",
        report.nodes(),
        report.done(),
        100 * report.utilisation(),
        report.longestWait().toNanos() / 1e9 - even,
        report.leasesPerSecond(),
        report.requestsPerNode(),
        100 * report.refused(),
        report.statusesReceived(),
        point.took);
  }

  private static void draw(Path folder, List<Point> points) throws IOException {
    XYChart use = chart("Utilisation of the cpus", "%");
    use.getStyler().setYAxisMin(90.0).setYAxisMax(100.0).setLegendVisible(false);
    add(use, "utilisation", points, point -> 100 * point.report.utilisation());
    save(use, folder.resolve("growth-utilisation"));
    XYChart load = chart("Load", "per second");
    load.getStyler().setYAxisLogarithmic(true);
    add(load, "leases, all nodes", points, point -> point.report.leasesPerSecond());
    add(load, "statuses, each process", points, point -> point.report.statusesReceived());
    add(load, "router requests, each node", points, point -> point.report.requestsPerNode());
    save(load, folder.resolve("growth-load"));
  }

  private static XYChart chart(String title, String unit) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("nodes")
            .yAxisTitle(unit)
            .build();
    chart.getStyler().setXAxisLogarithmic(true);
    return chart;
  }

  private static void add(
      XYChart chart, String name, List<Point> points, ToDoubleFunction<Point> value) {
    chart.addSeries(
        name,
        points.stream().mapToDouble(Point::nodes).toArray(),
        points.stream().mapToDouble(value).toArray());
  }

  private static void save(XYChart chart, Path file) throws IOException {
    VectorGraphicsEncoder.saveVectorGraphic(chart, file.toString(), VectorGraphicsFormat.SVG);
    System.out.println("drew " + file + ".svg");
  }
}
