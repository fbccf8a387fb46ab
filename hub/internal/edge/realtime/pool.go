package realtime

import "sync"

// poolWorkers bounds how many questions each pool asks the store at a time.
const poolWorkers = 8

// pool does what may take its time, in order, by a few goroutines that are
// there only while there is something to do.
type pool struct {
	mu     sync.Mutex
	queue  []func()
	busy   int
	closed bool
	work   sync.WaitGroup
}

// do queues a job. After close it is forgotten.
func (p *pool) do(job func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.queue = append(p.queue, job)
	if p.busy < poolWorkers {
		p.busy++
		p.work.Add(1)
		go p.run()
	}
}

func (p *pool) run() {
	defer p.work.Done()
	for job := p.next(); job != nil; job = p.next() {
		job()
	}
}

func (p *pool) next() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || p.closed {
		p.busy--
		return nil
	}
	job := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return job
}

// close lets the jobs under way finish and forgets the others.
func (p *pool) close() {
	p.mu.Lock()
	p.closed, p.queue = true, nil
	p.mu.Unlock()
	p.work.Wait()
}
