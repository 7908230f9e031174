"""The machine during a measurement: what it is, who else computes, and how to keep them away. Linux only."""

import os
import platform
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_times():
    """Returns seconds since boot that all cores were busy, and that the host took from them."""
    with open("/proc/stat") as f:
        user, nice, system, idle, wait, irq, soft, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + soft) / TICKS, steal / TICKS


def process_time(pid):
    """Returns the seconds that a process has computed."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Watch:
    """Measures which share of a core others took, and the host, from start to stop."""

    def start(self):
        self.at, (self.busy, self.steal) = time.monotonic(), cpu_times()

    def stop(self, ours):
        """ours: seconds computed by the program that is measured."""
        took, (busy, steal) = time.monotonic() - self.at, cpu_times()
        return {"others": max(0, busy - self.busy - ours) / took, "steal": (steal - self.steal) / took}


def wait_idle(limit, seconds):
    """Waits until others take less than limit of a core; False if they still do after seconds."""
    end = time.monotonic() + seconds
    while True:
        w = Watch()
        w.start()
        time.sleep(0.5)
        if w.stop(0)["others"] < limit:
            return True
        if time.monotonic() > end:
            return False


def first(pid=0):
    """Lets all threads of a process, or this one, run before every ordinary program: in real time."""
    for thread in os.listdir(f"/proc/{pid}/task") if pid else [0]:
        os.sched_setscheduler(int(thread), os.SCHED_FIFO, os.sched_param(1))


class IdleTime:
    """Time on an idle machine, taken in slices.

    command, such as "flock FILE", runs another command; a slice is as long as that one runs.
    """

    def __init__(self, command, slice, limit, wait):
        self.command, self.slice, self.limit, self.wait = command, slice, limit, wait
        self.process, self.until, self.idle = None, 0, False

    def need(self, seconds):
        """Begins another slice if this one has less than seconds left; returns whether it began on an idle machine."""
        if time.monotonic() + seconds > self.until or not self.command:
            self.end()
            if self.command:
                self.process = subprocess.Popen([*self.command.split(), "sh", "-c", "echo held; read end"],
                                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                if self.process.stdout.readline() != "held\n":
                    raise SystemExit(f"{self.command}: did not run a command")
            self.until = time.monotonic() + self.slice
            self.idle = wait_idle(self.limit, self.wait)
        return self.idle

    def end(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None


def describe():
    """Returns the processor, its cores, caches and vector instructions in words."""
    with open("/proc/cpuinfo") as f:
        info = dict(line.split(":", 1) for line in f.read().split("\n\n")[0].splitlines() if ":" in line)
    info = {k.strip(): v.strip() for k, v in info.items()}
    family = {"23": "Zen 1 or 2", "25": "Zen 3 or 4", "26": "Zen 5"}.get(info.get("cpu family"), "") if info.get("vendor_id") == "AuthenticAMD" else ""
    vectors = "AVX-512" if "avx512f" in info.get("flags", "") else "AVX2" if "avx2" in info.get("flags", "") else ""
    parts = [family, f"{os.cpu_count()} cores", vectors]
    return f"{info.get('model name', platform.machine())} ({', '.join(p for p in parts if p)}), Linux"
