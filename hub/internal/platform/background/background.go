// Package background does heavy work beside a station that sells, so that no
// settlement waits for it: in programs that stand back, with files that are
// written, read and removed a little at a time.
//
// Work never fails because a system knows none of this; it is then only not as
// gentle. What each of these keeps from happening was measured on ext4, as the
// time that two small synced writes take twenty times a second beside the work:
//
//   - Reading a large file as fast as the disk gives it made the slowest of a
//     hundred 24 ms instead of 2.6, because reading ahead fills the disk's queue
//     with pieces of a megabyte. Asked for piece by piece (Read) it is 2.6 ms.
//   - Removing files of 64 MiB made it 8 to 12 ms: the journal frees all of a
//     file's blocks, and tells the disk so, within one commit. Cut down first
//     (Empty) it is 2.8 ms.
//   - Writing a large file and syncing it at its end has every commit wait until
//     all of it is on the disk. Sent there as it is written (Write) it is 2.6 ms.
//   - Two programs that only compute, on two processors, made the slowest of a
//     hundred 6 to 8 ms at the lowest niceness, and 1.6 to 3.8 at a policy that
//     yields at once (StandBack), instead of 1.3.
package background

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// lowest is the niceness that leaves the processor to whoever else wants it.
const lowest = 19

// idleDisk is the class of disk access that is served when nobody else waits
// for the disk, in the kernel's encoding (ioprio.h: class << 13 | level).
const idleDisk = 3 << 13

// StandBack lets all others go first from now on, on the thread of the caller,
// which is locked to its goroutine and ends with it: the way back is barred to
// ordinary users. Programs started from it stand back likewise.
func StandBack() {
	const self = 0
	_ = standBack(self)
	const whoProcess = 1 // ioprio.h: IOPRIO_WHO_PROCESS
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, whoProcess, self, idleDisk)
}

// StandBackThread has a thread of another process of this user let all others go
// first on the processor, for good. Whoever calls it knows whose thread it is.
func StandBackThread(pid, thread int) error {
	if _, err := os.Stat(fmt.Sprintf("/proc/%d/task/%d", pid, thread)); err != nil {
		return fmt.Errorf("finding a thread of process %d: %w", pid, err)
	}
	return standBack(thread)
}

// standBack yields the processor of a thread to whoever wants it. Niceness alone
// would let it finish its turn first, some milliseconds, when another wakes; it
// is for kernels that refuse the policy. Linux: sched(7), SCHED_IDLE.
func standBack(thread int) error {
	nice := unix.Setpriority(unix.PRIO_PROCESS, thread, lowest)
	policy := unix.SchedSetAttr(thread, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
	if nice == nil || policy == nil {
		return nil
	}
	return errors.Join(nice, policy)
}

// Run runs a program, and all that it starts, standing back, and waits for its
// end. The program does not outlive this one. It stays in the session of this one:
// Linux weighs sessions against each other before it looks at what stands back
// (sched(7), autogroup), and behind a session of its own half of all small synced
// writes waited for 12 to 18 ms.
//
// Work inside this process cannot stand back without harm: a thread of a Go
// program that is made to wait keeps locks of the runtime, and the whole program
// waits with it. Measured: half of the settlements took three times as long.
func Run(cmd *exec.Cmd) error {
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: what the program inherits is the thread's, and its death signal hangs on it
		StandBack()
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
		ended <- cmd.Run()
	}()
	return <-ended
}
